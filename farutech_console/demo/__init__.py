"""A live system on this machine in one command: nats-server, a worker, traffic, and the console."""
