"""Pipelines Portal: the portal, and the External API beside it."""

# Of both programs. CHANGELOG.md says what each brought.
__version__ = "0.1.0"
