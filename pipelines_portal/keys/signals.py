"""Signals about keys, for the apps above."""

from django.dispatch import Signal

# `key` works again, or somebody got access to it: calls that had stopped may go on.
key_became_usable = Signal()
# `key` has another owner now. `former` owned it, and `by` transferred it. Sent in the same transaction.
key_transferred = Signal()
# `by` is about to remove `key`. Sent in the same transaction.
key_removed = Signal()
