"""Overview: what is wrong, since when, and the figures behind it."""
