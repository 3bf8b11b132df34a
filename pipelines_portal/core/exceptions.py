"""A person may see what this is about, and may not do it."""

from django.core.exceptions import PermissionDenied


class NotAllowed(PermissionDenied):
    """Its text is the sentence for the person."""
