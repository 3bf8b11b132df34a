"""The recording of events: `record` adds one in the transaction of the act, and writes a line to the log."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pipelines_portal.audit.models import Event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.http.audit_log import write_line
from pipelines_portal.core.http.client_address import exact_address

LONGEST_LABEL, LONGEST_FACT = 300, 254
_address: ContextVar[str] = ContextVar("address", default="")


def record(
    verb: Verb,
    *,
    by: AbstractBaseUser | None,
    target: models.Model | None = None,
    label: str = "",
    actor_email: str = "",
    **detail: Any,
) -> None:
    """Record that `by` did `verb` to `target`, shown as `label` or else by its own name.

    `by` is None for a command, and for somebody not signed in, whom `actor_email` may name. `detail` holds plain values
    and never a secret. Call it in the transaction of the act, so that both are stored or neither.
    """
    event = Event.objects.create(
        at=timezone.now(),
        verb=verb,
        actor_id=by.pk if by else None,
        actor_email=(by.get_username() if by else actor_email)[:LONGEST_FACT],
        target_type=target._meta.model_name or "" if target else "",
        target_id=str(target.pk) if target else "",
        target_label=(label or str(target or ""))[:LONGEST_LABEL],
        address=_address.get(),
        detail=detail,
    )
    # The log has no line of an act that is rolled back.
    transaction.on_commit(partial(write_line, verb.value, _facts(event)))


def _facts(event: Event) -> dict[str, Any]:
    who = {"user": event.actor_id, "email": event.actor_email, "address": event.address}
    # In the log, "user" is the actor.
    target = "person" if event.target_type == "user" else event.target_type
    what = {target: event.target_id, "label": event.target_label}
    return {name: value for name, value in (who | what | event.detail).items() if name and value not in (None, "")}


class AddressMiddleware:
    """Store the client address of the request for its events."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _address.set(exact_address(request))
        try:
            return self.get_response(request)
        finally:
            _address.reset(token)
