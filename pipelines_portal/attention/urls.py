from django.urls import path

from pipelines_portal.attention import views

app_name = "attention"
urlpatterns = [
    path("attention/", views.group_list, name="list"),
    path("attention/<int:group_id>/", views.group_detail, name="detail"),
    path("attention/<int:group_id>/done/", views.group_done, name="done"),
    path("attention/<int:group_id>/mute/", views.group_mute, name="mute"),
    path("attention/<int:group_id>/reopen/", views.group_reopen, name="reopen"),
    path("attention/<int:group_id>/owner/", views.group_owner, name="owner"),
    path("attention/<int:group_id>/note/", views.group_note, name="note"),
    path("attention/<int:group_id>/export/<file_form:form>/", views.group_export, name="export"),
]
