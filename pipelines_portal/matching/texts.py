"""Texts about columns and how they are matched."""

# How a column was matched
MATCHED = "Matched"
REMEMBERED = "Same as last time"
