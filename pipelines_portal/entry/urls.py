from django.urls import path

from pipelines_portal.entry import views

app_name = "drafts"
urlpatterns = [path("drafts/", views.draft_list, name="list")]
