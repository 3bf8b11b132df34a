"""After a restore: rows that the backup knows as unsent may have been sent since, and would be sent again."""

from typing import Any

from .models import Import, State
from .transitions import Step, step

LOOK_FIRST = (
    "The portal was restored from a backup, and rows may have been sent after that was made. Look at the workflow's "
    "tasks before you go on."
)


def pause_all(**told: Any) -> None:
    for of in Import.objects.filter(state=State.SENDING):
        step(of, Step.PAUSE, State.PAUSED, problem=LOOK_FIRST)
