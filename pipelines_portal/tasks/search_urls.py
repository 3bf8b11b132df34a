from django.urls import path

from pipelines_portal.tasks.views.search import search

app_name = "search"
urlpatterns = [path("search/", search, name="search")]
