"""The queue at a moment: figures, how they move, and a verdict."""
