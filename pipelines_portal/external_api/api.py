"""The External API v1: routers, error handlers and documentation."""

from ninja import Swagger
from ninja.errors import AuthenticationError

from pipelines_portal.external_api.http import health
from pipelines_portal.external_api.http.errors import handle, register_handlers
from pipelines_portal.external_api.http.strict_json import StrictJsonParser
from pipelines_portal.external_api.openapi.docs_pages import open_document
from pipelines_portal.external_api.openapi.document import DocumentedApi
from pipelines_portal.external_api.organizations.authentication import (
    ExternalApiBearerAuth,
    ExternalApiKeyHeaderAuth,
    authentication_failed,
)
from pipelines_portal.external_api.tasks import endpoints as tasks
from pipelines_portal.external_api.uploads import endpoints as uploads
from pipelines_portal.external_api.workflows import endpoints as workflows

DESCRIPTION = """Create tasks in bulk, from JSON or from a ZIP archive, and follow their status.

Every path but `/health` needs an organization's key, as `Authorization: Bearer <key>` or `X-API-Key: <key>`.
Every error has the same shape; on `429`, wait as long as `Retry-After` says."""

api = DocumentedApi(
    title="Pipelines External API",
    version="v1",
    urls_namespace="external_api_v1",
    description=DESCRIPTION,
    auth=[ExternalApiBearerAuth(), ExternalApiKeyHeaderAuth()],
    parser=StrictJsonParser(),
    docs=Swagger(settings={"validatorUrl": None}),
    docs_decorator=open_document,
)
register_handlers(api)
handle(api, AuthenticationError, authentication_failed)
# Uploads come before tasks, or else "upload" would be read as a task's ID.
routers = [module.router for module in (health, workflows, uploads, tasks)]
for router in routers:
    api.add_router("", router)
