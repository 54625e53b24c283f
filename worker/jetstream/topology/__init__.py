"""The streams and the consumer: as declared, as they are, and from one to the other."""
