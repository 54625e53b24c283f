"""Key 5: who changed what, with the outcome, and the way back where there is one."""
