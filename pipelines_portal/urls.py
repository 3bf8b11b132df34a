"""The portal's URL map."""

from django.urls import include, path

urlpatterns = [
    path("", include("pipelines_portal.accounts.urls")),
    path("", include("pipelines_portal.accounts.allauth_urls")),
    path("", include("pipelines_portal.overview.urls")),
    path("", include("pipelines_portal.demo.urls")),
    path("", include("pipelines_portal.keys.urls")),
    path("keys/<int:key_id>/workflows/", include("pipelines_portal.workflows.urls")),
    path("keys/<int:key_id>/workflows/<int:workflow_id>/", include("pipelines_portal.entry.form.urls")),
    path("keys/<int:key_id>/workflows/<int:workflow_id>/rules/", include("pipelines_portal.entry.rules.urls")),
    path("keys/<int:key_id>/workflows/<int:workflow_id>/lists/", include("pipelines_portal.entry.lists.urls")),
    path("keys/<int:key_id>/workflows/<int:workflow_id>/tasks/", include("pipelines_portal.tasks.urls")),
    path("keys/<int:key_id>/workflows/<int:workflow_id>/upload/", include("pipelines_portal.uploads.urls")),
    path("keys/<int:key_id>/workflows/<int:workflow_id>/import/", include("pipelines_portal.entry.imports.urls")),
    path("", include("pipelines_portal.entry.sheets.urls")),
    path("", include("pipelines_portal.entry.urls")),
    path("", include("pipelines_portal.attention.urls")),
    path("", include("pipelines_portal.tasks.search_urls")),
    path("", include("pipelines_portal.submissions.urls")),
    path("", include("pipelines_portal.people.urls")),
    path("", include("pipelines_portal.notifications.urls")),
    path("system/", include("pipelines_portal.system.urls")),
    path("help/", include("pipelines_portal.guide.urls")),
]
handler404 = "pipelines_portal.web.error_pages.not_found"
handler403 = "pipelines_portal.web.error_pages.permission_denied"
handler400 = "pipelines_portal.web.error_pages.bad_request"
handler500 = "pipelines_portal.web.error_pages.server_error"
