from django.urls import path

from pipelines_portal.notifications import views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.notification_list, name="list"),
    path("notifications/read/", views.notification_read_all, name="read_all"),
    path("notifications/<int:number>/", views.notification_open, name="open"),
    path("account/notifications/", views.notification_preferences, name="preferences"),
]
