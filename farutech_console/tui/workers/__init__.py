"""Key 4: the workers, and whether they get tasks at all."""
