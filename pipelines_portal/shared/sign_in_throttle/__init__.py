"""Slowing down those who guess passwords, on the sign-in and password pages of both programs."""
