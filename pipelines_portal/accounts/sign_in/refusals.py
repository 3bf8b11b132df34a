"""Keeping somebody out, with a page that says why."""

from django.http import HttpRequest, HttpResponse

from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.shared.http.logs import note
from pipelines_portal.shared.sign_in_throttle.attempts import attempt_from
from pipelines_portal.shared.sign_in_throttle.counting import admit
from pipelines_portal.web.rendering import render_page


def refuse(request: HttpRequest, sentence: str, *, email: str = "", status: int = 403) -> HttpResponse:
    """Somebody who said they are `email` is not let in, and told so in a `sentence`."""
    if admit(attempt_from(request, "refused")):
        # A flood, which needs no account: a few events, and a line of the log each.
        note(request, Verb.SIGN_IN_REFUSED.value, tried=email or "no email", reason=sentence)
    else:
        record(Verb.SIGN_IN_REFUSED, by=None, actor_email=email, reason=sentence)
    return render_page(request, "accounts/refused.html", {"sentence": sentence}, status=status)
