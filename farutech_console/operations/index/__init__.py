"""The dead letters in a local index: any of a million in view, filtered and sorted at once."""
