"""Decisions that wait for a person. Home shows them, and each app reports its own."""

from dataclasses import dataclass

from django.dispatch import Signal

# Receivers get `user` and return a list of decisions, the most urgent first.
decisions_requested = Signal()


@dataclass(frozen=True)
class Decision:
    """A decision to make. `action` is the text of the link to `address`; `tone` is a value of data-status."""

    title: str
    sentence: str
    action: str
    address: str
    tone: str = "unconfirmed"
