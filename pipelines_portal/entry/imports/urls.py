from django.urls import path

from pipelines_portal.entry.imports import views

app_name = "imports"
urlpatterns = [
    path("", views.new, name="new"),
    path("template.<file_form:form>", views.template, name="template"),
]
