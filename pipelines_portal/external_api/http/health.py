"""The health endpoint."""

from django.http import HttpRequest
from ninja import Router

from pipelines_portal.external_api.http import responses
from pipelines_portal.external_api.http.schemas import Health

router = Router(tags=["Health"])


@router.get(
    "/health", auth=None, response=responses.open_to_all(Health), operation_id="get_health", summary="Health check"
)
def health(request: HttpRequest) -> dict[str, str]:
    return {"status": "ok"}
