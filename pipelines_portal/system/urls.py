from django.urls import path

from pipelines_portal.system import views

app_name = "system"
urlpatterns = [
    path("", views.system_page, name="page"),
    path("external-api/", views.external_api, name="external_api"),
    path("support-report/", views.support_report, name="support_report"),
    path("test-mail/", views.test_mail, name="test_mail"),
    path("recovery-file/", views.recovery_file, name="recovery_file"),
    path("recovery-file/download/", views.recovery_download, name="recovery_download"),
    path("recovery-file/saved/", views.recovery_saved, name="recovery_saved"),
]
