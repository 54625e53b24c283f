"""The headless worker: pulls tasks from JetStream, runs them and settles every delivery once."""

__version__ = "0.1.0"
