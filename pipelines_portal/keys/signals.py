"""What other apps may want to hear of a key."""

from django.dispatch import Signal

# `key`: a SavedKey with which calls may go on that had stopped: it works again, or someone got access to it.
key_opened = Signal()
# `key`, a SavedKey that has another owner now; `former`, who it was, and `by`, who did it. In the same transaction.
key_handed_over = Signal()
# `key`, a SavedKey that its owner may remove. Receivers return sentences that say what would be lost with it.
key_removal_asked = Signal()
# `key`, a SavedKey that is about to be removed, and `by`, who does it. In the same transaction.
key_removed = Signal()
