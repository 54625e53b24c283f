"""Stuck tasks: listed, recovered, and put into words."""
