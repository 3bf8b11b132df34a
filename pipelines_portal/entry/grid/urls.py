from django.urls import path

from pipelines_portal.entry.grid import views

app_name = "grid"
urlpatterns = [
    path("tasks/new/grid/", views.page, name="page"),
    path("tasks/new/grid/cells/", views.cells, name="cells"),
    path("tasks/new/grid/paste/", views.paste, name="paste"),
    path("tasks/new/grid/preset/<int:preset_id>/", views.preset, name="preset"),
    path("tasks/new/grid/pin/", views.pin, name="pin"),
    path("tasks/new/grid/create/", views.create, name="create"),
    path("tasks/new/grid/created/", views.created, name="created"),
    path("tasks/new/grid/copies/", views.copy, name="copy"),
    path("tasks/new/grid/clear/", views.clear, name="clear"),
    path("tasks/new/grid/aside/", views.aside, name="aside"),
    path("tasks/new/grid/drafts/<uuid:draft_id>/", views.draft, name="draft"),
]
