"""The External API's URL map."""

from django.urls import URLPattern, URLResolver, path

from pipelines_portal.external_api.api import api, redoc

handler400 = "pipelines_portal.external_api.errors.bad_request"
handler403 = "pipelines_portal.external_api.errors.permission_denied"
handler404 = "pipelines_portal.external_api.errors.page_not_found"
handler500 = "pipelines_portal.external_api.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/redoc", redoc, name="redoc"),
    path("api/v1/", api.urls),
]
