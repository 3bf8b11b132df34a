"""What an operation of the API is called in figures and lines: several of them share an address."""

from functools import cache

from django.http import HttpRequest
from django.urls import ResolverMatch

from pipelines_portal.core.metrics.requests import UNMATCHED
from pipelines_portal.external_api.api import api, routers


def view_name(request: HttpRequest, match: ResolverMatch) -> str:
    """The operation's own name; that of the address where it is a page, or a method that nothing answers."""
    names = _names().get(match.view_name)
    return match.view_name if names is None else names.get(request.method or "", UNMATCHED)


@cache
def _names() -> dict[str, dict[str, str]]:
    """By the name of the address, which is that of its first operation, and by method."""
    return {
        f"{api.urls_namespace}:{view.operations[0].operation_id}": {
            method: f"{api.urls_namespace}:{operation.operation_id}"
            for operation in view.operations
            for method in operation.methods
        }
        for router in routers
        for view in router.path_operations.values()
    }
