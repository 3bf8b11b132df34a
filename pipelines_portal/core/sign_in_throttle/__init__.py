"""Limits on how often passwords and codes may be tried, for the sign-in pages of both programs."""
