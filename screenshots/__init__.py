"""Pictures of the console, and what takes them: `python -m screenshots`."""
