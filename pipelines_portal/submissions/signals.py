"""What other rooms may want to hear of the ledger."""

from django.dispatch import Signal

# `submission`: what is kept of its rows is about to be removed, or replaced. In the transaction that does so.
rows_go = Signal()
