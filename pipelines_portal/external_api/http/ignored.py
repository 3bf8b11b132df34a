"""Parameters of a write that the API does not know: a misspelled `dry_run` must not create tasks in silence."""

from collections.abc import Iterable

from django.http import HttpRequest

from pipelines_portal.external_api.http.errors import ApiError
from pipelines_portal.external_api.http.schemas import SentBody

MOST_NAMED, LONGEST_NAME = 10, 100
KEY = "ignored_parameters"


def ignored_parameters(
    request: HttpRequest, body: SentBody | None = None, tasks: Iterable[SentBody] = (), *, known: str = ""
) -> dict[str, list[str]]:
    """Return what an answer adds: the first ten names that it does not know. Empty if it knows all.

    `known` is the parameter of the query that the operation has.
    """
    names = {f"query.{name}": None for name in request.GET if name != known}
    names |= dict.fromkeys(body and body.model_extra or ())
    names |= {f"tasks.{name}": None for task in tasks for name in task.model_extra or ()}
    return {KEY: [name[:LONGEST_NAME] for name in names][:MOST_NAMED]} if names else {}


def refuse_ignored(ignored: dict[str, list[str]]) -> None:
    """Raise 422 if there are any: a dry run says what the real request would leave out."""
    if ignored:
        raise ApiError(422, f"Unknown parameters: {', '.join(ignored[KEY])}. Leave them out, or correct their names.")
