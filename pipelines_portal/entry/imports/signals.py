"""What other apps may want to hear of an import."""

from django.dispatch import Signal

# `handed_over`: an Import whose owner is the person who is to be notified; `by`: who handed it over.
import_handed_over = Signal()
# `removed`: an Import that is about to be deleted with its `key`; `by`: who removed the key.
import_removed = Signal()
