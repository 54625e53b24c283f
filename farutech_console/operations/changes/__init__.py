"""What changes the dead letters: planned, then run: replay, purge, undo, edit."""
