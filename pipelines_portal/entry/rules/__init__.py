"""The pages on which a team writes rules over a workflow's fields: see values.rules for what they check."""
