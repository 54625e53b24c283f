"""What tests share: real nats-server processes."""
