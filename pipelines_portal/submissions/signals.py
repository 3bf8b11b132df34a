"""Signals of submissions for other apps."""

from dataclasses import dataclass

from django.dispatch import Signal

from pipelines_portal.accounts.models import User

# `submission`: its values are removed for good. A receiver removes what it stores of them, in this transaction.
values_dropped = Signal()
# `submission`: what became of it, or of its rows, was just written. In the transaction that wrote it.
outcome_written = Signal()
# `key_id`, `workflow_id`: all values that were sent before a rule "is used once" are recorded. In the transaction that
# recorded the last of them.
earlier_values_recorded = Signal()
# `end`, a BatchEnd. In the transaction that ends the import or the upload.
batch_ended = Signal()


@dataclass(frozen=True)
class BatchEnd:
    """The end of an import or an upload. `subject` names the end, so that people are notified once."""

    person: User
    subject: str
    title: str
    sentence: str
    address: str
    tone: str
