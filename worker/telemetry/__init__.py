"""What the worker shows of itself."""
