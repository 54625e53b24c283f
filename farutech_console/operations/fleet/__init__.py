"""The workers, and the consumer that they share."""
