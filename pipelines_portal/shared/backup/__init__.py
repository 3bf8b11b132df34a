"""One file of all that a machine keeps, and the way back. See docs/decisions/0133."""
