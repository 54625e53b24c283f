"""What runs a task: the user's functions, and those that come with the worker."""
