"""Replay of dead letters, exactly once: in atomic batches, or claim by claim."""
