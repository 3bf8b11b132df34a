"""Exceptions that become error pages."""

from django.core.exceptions import PermissionDenied


class NotAllowed(PermissionDenied):
    """A person may see an object, but not do this with it. The message is the sentence for the person."""
