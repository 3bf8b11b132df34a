from django.urls import path

from pipelines_portal.entry.rules import views

app_name = "rules"
urlpatterns = [
    path("", views.rule_list, name="list"),
    path("add/", views.rule_add, name="add"),
    path("<int:rule_id>/", views.rule_edit, name="edit"),
    path("<int:rule_id>/read/", views.rule_read, name="read"),
    path("<int:rule_id>/switch/", views.rule_switch, name="switch"),
    path("<int:rule_id>/delete/", views.rule_delete, name="delete"),
]
