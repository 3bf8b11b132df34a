"""Pages of rows that can no longer be opened."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from pipelines_portal.accounts.access import SignedInRequest
from pipelines_portal.saved_keys.unreadable import KEY_SEALED, KeyCannotBeOpened
from pipelines_portal.submissions.digest_keys import NOT_COMPARED, SentUnderMissingKey
from pipelines_portal.web.encryption import Undecryptable
from pipelines_portal.web.rendering import render_notice

from ..access import visible_import
from ..models import ROWS_SEALED
from .context import context_of

SEALED = (
    "The encryption key that they were saved with is missing. Whoever runs the portal can put it back into "
    "ENCRYPTION_KEYS."
)
# Of what a person asked for. A page that is only looked at may be where something that was done leads to.
NOTHING_DONE = "Nothing was changed, and nothing was sent."
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def says_when_sealed(view: View) -> View:
    """A page instead of a failure, when none of ENCRYPTION_KEYS opens the rows: to wait there, or to end it."""

    @wraps(view)
    def wrapped(request: SignedInRequest, **place: Any) -> HttpResponseBase:
        try:
            return view(request, **place)
        except Undecryptable as error:
            return _sealed_page(request, error, place["key_id"], place["workflow_id"], place["import_id"])

    return cast(View, wrapped)


def _sealed_page(
    request: SignedInRequest, error: Undecryptable, key_id: int, workflow_id: int, import_id: UUID
) -> HttpResponse:
    workflow, of = visible_import(request.user, key_id, workflow_id, import_id)
    title, sentence = next(words for kind, words in _told(error).items() if isinstance(error, kind))
    sentence = sentence if request.method in ("GET", "HEAD") else f"{sentence} {NOTHING_DONE}"
    told = {"title": title, "sentence": sentence, "rows_open": isinstance(error, SentUnderMissingKey)}
    context = context_of(workflow, of) | told
    return render_notice(request, "imports/sealed.html", context, status=503)


def _told(error: Undecryptable) -> dict[type[Undecryptable], tuple[str, str]]:
    """A title and a sentence, by what cannot be opened."""
    return {
        KeyCannotBeOpened: (KEY_SEALED, str(error)),
        SentUnderMissingKey: (NOT_COMPARED, str(error)),
        Undecryptable: (ROWS_SEALED, SEALED),
    }
