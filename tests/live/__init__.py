"""Against real nats-server processes."""
