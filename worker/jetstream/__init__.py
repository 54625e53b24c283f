"""The only rooms that speak to NATS: everything else asks them and gets frozen models."""
