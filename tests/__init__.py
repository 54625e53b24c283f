"""Tests: unit (pure), live (real servers), console (pilot and snapshots), faults (kills)."""
