"""The story of one task: told from all that the server keeps."""
