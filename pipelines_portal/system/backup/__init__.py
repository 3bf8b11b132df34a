"""Backup and restore: both databases and the embedded storage in one tar. See docs/decisions/0133."""
