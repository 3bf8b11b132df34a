"""What is derived from the encryption keys beside the rows of imports, made anew when they were rotated."""

from collections import Counter
from typing import Any

from django.db.models import Exists, OuterRef

from pipelines_portal.saved_keys.rotation import Outcome

from .models import Import, ImportRow, RowState, State
from .transitions import Step, step

# Rows whose digests are looked at yet.
WAIT = (RowState.READY, RowState.TWICE, RowState.ASIDE, RowState.TO_FIX)


def check_again(sender: object, **more: Any) -> tuple[str, Counter[Outcome]]:
    """The worker checks rows that wait to be sent: a check makes their digests, and keeps what people decided."""
    rows = ImportRow.objects.filter(of=OuterRef("pk"), generation=OuterRef("generation"), state__in=WAIT)
    waiting = Import.objects.filter(Exists(rows), state__in=(State.CHECKED, State.PAUSED))
    begun = [step(of, Step.RECHECK, State.CHECKING) for of in list(waiting.only("pk", "state"))]
    return "import row: digest", Counter({Outcome.ROTATED: sum(begun)})
