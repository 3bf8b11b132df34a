from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "pipelines_portal.search"

    def ready(self) -> None:
        from pipelines_portal.saved_keys.signals import keys_rotated
        from pipelines_portal.submissions.signals import rows_go

        rows_go.connect(_forget)
        keys_rotated.connect(_renew)


def _forget(sender: object, *, submission: Any, **more: Any) -> None:
    from .keeping import forget_words

    forget_words(submission)


def _renew(sender: object, **more: Any) -> tuple[str, Iterator[Counter[Any]]]:
    """Every row's words under the first key. May be stopped and run again."""
    from .rotating import renew_all

    return renew_all()
