"""What other apps may want to hear of the ledger."""

from dataclasses import dataclass

from django.dispatch import Signal

from pipelines_portal.accounts.models import User

# `submission`: its values are removed for good. A receiver removes what it stores of them, in this transaction.
payload_goes = Signal()
# `submission`: what became of it, or of its rows, was just written. In the transaction that wrote it.
outcome_written = Signal()
# `end`, a BatchEnd. In the transaction that ends the import or the upload.
batch_ended = Signal()


@dataclass(frozen=True)
class BatchEnd:
    """What many tasks were made of is through. `subject` names the end, so that it is told once."""

    person: User
    subject: str
    title: str
    sentence: str
    address: str
    tone: str
