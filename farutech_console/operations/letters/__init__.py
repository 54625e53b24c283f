"""Dead letters as they are read: selected, browsed, counted by cause, exported, imported."""
