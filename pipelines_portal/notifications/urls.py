from django.urls import path

from pipelines_portal.notifications.views import choices, news

app_name = "notifications"
urlpatterns = [
    path("notifications/", news.notification_list, name="list"),
    path("notifications/read/", news.notification_read_all, name="read_all"),
    path("notifications/<int:number>/", news.notification_open, name="open"),
    path("account/notifications/", choices.notification_choices, name="choices"),
]
