"""The field types of a workflow's schema, each in one place, and the forms made of them.

A type new to the portal is one class, and one line in `types.TYPES`.
"""
