"""Tasks: what happens to them, live."""
