"""What other rooms may want to hear of a key."""

from django.dispatch import Signal

# `key`: a SavedKey with which calls may go on that had stopped: it works again, or someone got access to it.
key_opened = Signal()
# `key`, a SavedKey that has another owner now; `former`, who it was, and `by`, who did it. In the same transaction.
key_handed_over = Signal()
