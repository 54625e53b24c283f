"""Dead letters in their stream: written once, read without a consumer, large ones included."""
