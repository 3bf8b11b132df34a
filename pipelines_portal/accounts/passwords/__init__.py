"""New passwords by a link, and its mail."""
