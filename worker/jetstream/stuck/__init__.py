"""Tasks whose deliveries are spent: found, and moved to the dead letters."""
