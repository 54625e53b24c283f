"""The worker at work: pull, run, settle, and leave in order."""
