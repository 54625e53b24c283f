"""The console's screens: the only rooms that import textual."""
