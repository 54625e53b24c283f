"""What an operator can ask and do, without a screen: the TUI and the commands call the same."""
