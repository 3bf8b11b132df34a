"""The External API v1: its routers, its error handlers and its documents."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Redoc, Swagger

from pipelines_portal.external_api.auth import ExternalApiBearerAuth, ExternalApiKeyHeaderAuth
from pipelines_portal.external_api.endpoints import health, tasks, uploads, workflows
from pipelines_portal.external_api.errors import register_handlers
from pipelines_portal.external_api.json_body import StrictJsonParser

DESCRIPTION = "Create tasks in bulk, from JSON or from a ZIP archive, and follow their status."

api = NinjaAPI(
    title="Pipelines External API",
    version="v1",
    urls_namespace="external_api_v1",
    description=DESCRIPTION,
    auth=[ExternalApiBearerAuth(), ExternalApiKeyHeaderAuth()],
    parser=StrictJsonParser(),
    docs=Swagger(settings={"validatorUrl": None}),
)
register_handlers(api)
# Uploads before tasks: "upload" would be taken for a task's id.
for module in (health, workflows, uploads, tasks):
    api.add_router("", module.router)


def redoc(request: HttpRequest) -> HttpResponse:
    return Redoc().render_page(request, api)
