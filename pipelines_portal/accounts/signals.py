"""What accounts tell the apps above them, which connect receivers in their AppConfig's `ready`."""

from django.dispatch import Signal

# Somebody unknown comes from the issuer with a verified `email` whose domain is not in OIDC_DOMAINS. A receiver that
# returns True lets them in.
newcomer_at_the_door = Signal()
# `user` came in through the issuer. It is sent inside the transaction that lets them in. `is_new` says whether their
# account was made by it. `groups` are the issuer's, or None if it sends none.
came_from_issuer = Signal()


class TurnedAway(Exception):
    """Raised by a receiver of `came_from_issuer` to refuse a newcomer, with a sentence for them."""
