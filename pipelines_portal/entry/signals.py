"""Signals that other apps receive about imports."""

from django.dispatch import Signal


class NoteNotSent(Exception):
    """Nobody was notified of a note, because of what the sentence says."""


# `sheet` has a new owner, who is to be notified. `by`: the person who transferred it.
import_transferred = Signal()
# Somebody, `by`, wants `code` in the list `reference_list`, which they may not change themselves. `workflow`: where.
entry_requested = Signal()
# Somebody, `by`, writes a `note` to those who write the rules of `workflow`: the rule `sentence` may be wrong.
# Raises NoteNotSent.
rule_questioned = Signal()
# `removed`: a Sheet that is about to be deleted with its `key`. `by`: the person who removed the key.
import_removed = Signal()
