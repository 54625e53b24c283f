"""Dead letters: what died and why, sending it again, or deleting it."""
