"""Signals about sign-ins through the identity provider. The apps above connect receivers in `AppConfig.ready`."""

from django.dispatch import Signal

# Somebody without an account signs in with a verified `email` whose domain is not in OIDC_DOMAINS. They are refused
# unless a receiver returns True.
newcomer_arrived = Signal()
# `user` signs in. `is_new` is True if this created their account. Sent in the same transaction.
signed_in_through_idp = Signal()


class NewcomerRefused(Exception):
    """A receiver of `signed_in_through_idp` refuses a newcomer, with a sentence for them."""
