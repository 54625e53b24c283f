"""What dead letters died of: what differs is masked, what is left is the cause."""
