"""What accounts tell the rooms above them, which receive it in their AppConfig's `ready`."""

from django.dispatch import Signal

# Somebody nobody knows comes from the issuer with a verified `email`, of a domain that is not in OIDC_DOMAINS: a
# receiver that answers true lets them in.
newcomer_at_the_door = Signal()
# `user` came in through the issuer, inside the transaction that lets them in; `is_new` when their account was made by
# it. `groups` are the issuer's, or None when it tells none.
came_from_issuer = Signal()


class TurnedAway(Exception):
    """What a receiver of `came_from_issuer` raises to keep a newcomer out after all, with a sentence for them."""
