from django.urls import path

from pipelines_portal.demo import views

app_name = "demo"
urlpatterns = [
    path("demo/paste/", views.paste, name="paste"),
    path("demo/file/", views.file, name="file"),
    path("demo/hide/", views.hide, name="hide"),
]
