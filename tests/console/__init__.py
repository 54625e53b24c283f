"""The TUI through its pilot and its snapshots."""
