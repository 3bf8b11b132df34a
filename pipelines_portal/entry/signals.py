"""Signals that other apps receive about imports."""

from django.dispatch import Signal

# `handed_over`: the ImportJob, whose owner is the person to notify. `by`: the person who handed it over.
import_handed_over = Signal()
# `removed`: an ImportJob that is about to be deleted with its `key`. `by`: the person who removed the key.
import_removed = Signal()
