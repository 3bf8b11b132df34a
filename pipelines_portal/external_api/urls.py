"""The External API's URL map."""

from django.urls import URLPattern, URLResolver, include, path

from pipelines_portal.external_api.api import api
from pipelines_portal.external_api.openapi.docs_pages import redoc
from pipelines_portal.external_api.storage.put_view import stored_archive

handler400 = "pipelines_portal.external_api.http.errors.bad_request"
handler403 = "pipelines_portal.external_api.http.errors.permission_denied"
handler404 = "pipelines_portal.external_api.http.errors.page_not_found"
handler500 = "pipelines_portal.external_api.http.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/redoc", redoc(api), name="redoc"),
    path("api/v1/", api.urls),
    path("storage/archives/<uuid:upload_id>.zip", stored_archive, name="stored_archive"),
    path("", include("pipelines_portal.external_api.organizations.pages.urls")),
]
