"""Whose a key is and who may use it: saved, changed, replaced, handed over, shared."""
