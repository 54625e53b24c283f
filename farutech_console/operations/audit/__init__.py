"""The audit: who changed what, with the outcome, and the way back."""
