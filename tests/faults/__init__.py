"""Kills, restarts and partitions."""
