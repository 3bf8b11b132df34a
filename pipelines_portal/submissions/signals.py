"""What other rooms may want to hear of the ledger."""

from django.dispatch import Signal

# `submission`: what is kept of its rows is about to be removed, or replaced. In the transaction that does so.
rows_go = Signal()
# `submission`: what it sent is dropped for good. Whoever keeps some of it elsewhere drops that, in this transaction.
payload_goes = Signal()
