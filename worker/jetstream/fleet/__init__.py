"""The fleet: what workers tell of tasks and of themselves, and what is overheard of others."""
