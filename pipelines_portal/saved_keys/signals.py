"""What other rooms may want to hear of a key."""

from django.dispatch import Signal

# `key`: a SavedKey with which calls may go on that had stopped: it works again, or someone got access to it.
key_opened = Signal()

# Everything is encrypted under the first of ENCRYPTION_KEYS: what is derived from them is to be made anew. Receivers
# return what they did, as (what it is called, how many).
keys_rotated = Signal()
