"""Dead letters into the archive and back: by intention, each once, whoever dies meanwhile."""
