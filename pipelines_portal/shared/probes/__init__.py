"""What watchers ask a program: whether it lives, whether it can serve, and its figures."""
