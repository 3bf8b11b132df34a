"""The three pages."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST

from pipelines_portal.shared.figures import page
from pipelines_portal.shared.figures.access import may_read

from . import readiness

NOT_KEPT = {"Cache-Control": "no-store"}


def health(request: HttpRequest) -> HttpResponse:
    """Whether this process answers. It asks nobody: what others fail at is no reason to start it anew."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """Whether it can serve. Strangers learn which part fails, and not how."""
    states = readiness.states()
    is_ready = readiness.is_ready(states)
    told = {name: state if state == readiness.OK or may_read(request) else "failed" for name, state in states.items()}
    status, word = (200, "ok") if is_ready else (503, "failed")
    return JsonResponse({"status": word, "checks": told}, status=status, headers=NOT_KEPT)


def metrics(request: HttpRequest) -> HttpResponse:
    """404 for all others: that there is such a page is nothing to them."""
    if not may_read(request):
        return HttpResponseNotFound("Not found\n", content_type="text/plain")
    return HttpResponse(page.text(), content_type=CONTENT_TYPE_LATEST, headers=NOT_KEPT)
