from django.urls import path

from pipelines_portal.submissions.search.views import search

app_name = "search"
urlpatterns = [path("search/", search, name="search")]
