"""Dead letters into files and back: JSON Lines that keep every byte, and CSV for people."""
