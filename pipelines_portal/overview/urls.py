from django.urls import path

from pipelines_portal.overview import views

app_name = "overview"
urlpatterns = [
    path("", views.home, name="home"),
    path("palette/", views.palette, name="palette"),
    path("shortcuts/", views.shortcuts, name="shortcuts"),
    path("keys/<int:key_id>/workflows/<int:workflow_id>/overview/", views.overview_detail, name="detail"),
    path(
        "keys/<int:key_id>/workflows/<int:workflow_id>/overview/not-moved/",
        views.overview_stuck_hours,
        name="stuck_hours",
    ),
]
