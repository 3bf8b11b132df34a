"""The types of fields, and the forms that are made of them.

A new type is a reader in values.readers.READERS, a class, and a line in types.TYPES.
"""
