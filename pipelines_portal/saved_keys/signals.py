"""What other rooms may want to hear of a key."""

from django.dispatch import Signal

# `key`: a SavedKey with which calls may go on that had stopped: it works again, or someone got access to it.
key_opened = Signal()
# `key`, a SavedKey that has another owner now; `former`, who it was, and `by`, who did it. In the same transaction.
key_handed_over = Signal()

# `rotate_encryption` begins: from now on whoever writes under an older key is to say so.
rotation_began = Signal()
# Everything is encrypted under the first of ENCRYPTION_KEYS: what is derived from them is to be made anew. Receivers
# return what they do, as (what it is called, how many as they are done).
keys_rotated = Signal()
# All of that is done. Receivers return how many older keys were written under meanwhile; the others are needed no more.
keys_retired = Signal()
# Receivers return how many keys what is derived was made of that are neither among ENCRYPTION_KEYS nor given up.
keys_missed = Signal()
# Whoever runs the portal holds keys for lost that are not among ENCRYPTION_KEYS.
keys_given_up = Signal()
