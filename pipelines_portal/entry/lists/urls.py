from django.urls import path

from pipelines_portal.entry.lists import views

app_name = "lists"
urlpatterns = [
    path("", views.list_list, name="list"),
    path("upload/", views.list_upload, name="upload"),
    path("files/<int:file_id>/", views.list_columns, name="columns"),
    path("<int:list_id>/", views.list_detail, name="detail"),
    path("<int:list_id>/replace/", views.list_replace, name="replace"),
    path("<int:list_id>/rename/", views.list_rename, name="rename"),
    path("<int:list_id>/delete/", views.list_delete, name="delete"),
    path("<int:list_id>/export.csv", views.list_export, name="export"),
]
