"""What is true without a server."""
