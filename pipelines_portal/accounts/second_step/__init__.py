"""Second steps when signing in: setting them up, using their codes up, requiring one."""
