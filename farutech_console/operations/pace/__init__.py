"""How fast a run goes, and when it ends."""
