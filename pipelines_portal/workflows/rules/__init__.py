"""Rules of a team over the fields of a workflow: what they are, and what they say of values."""
