from django.urls import path

from pipelines_portal.guide import views

app_name = "guide"
urlpatterns = [
    path("", views.contents, name="contents"),
    path("search/", views.search, name="search"),
    path("<path:path>/", views.page, name="page"),
]
