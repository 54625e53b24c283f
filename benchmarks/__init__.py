"""Benchmarks of the worker, the dead letters and the console."""
