"""The types of fields. A new type is a class in a file of its own, and a line in types.TYPES."""
