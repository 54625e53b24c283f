"""Beneath nats-py: a short way for what comes and goes thousands of times a second."""
