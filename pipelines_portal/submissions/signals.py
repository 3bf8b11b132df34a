"""What other rooms may want to hear of the ledger."""

from dataclasses import dataclass

from django.dispatch import Signal

from pipelines_portal.accounts.models import User

# `submission`: what is kept of its rows is about to be removed, or replaced. In the transaction that does so.
rows_go = Signal()
# `submission`: what it sent is dropped for good. Whoever keeps some of it elsewhere drops that, in this transaction.
payload_goes = Signal()
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
