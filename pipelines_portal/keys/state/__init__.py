"""How a key stands, and what to do about it."""
