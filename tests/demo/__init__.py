"""The demo: an embedded server, a worker, traffic, and the console on them."""
