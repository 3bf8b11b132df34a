"""What waits for a person to decide. Home shows it; the apps that know of it say so."""

from dataclasses import dataclass

from django.dispatch import Signal

# Receivers are given `user`, and return a list of decisions, the most pressing first.
decisions_requested = Signal()


@dataclass(frozen=True)
class Decision:
    """`action` is the words of the link to `address`; `tone` a data-status."""

    title: str
    sentence: str
    action: str
    address: str
    tone: str = "unconfirmed"
