from django.urls import path

from pipelines_portal.keys import views

app_name = "keys"
urlpatterns = [
    path("keys/", views.key_list, name="list"),
    path("keys/<int:key_id>/", views.key_detail, name="detail"),
    path("keys/<int:key_id>/check/", views.key_check, name="check"),
    path("keys/<int:key_id>/rename/", views.key_rename, name="rename"),
    path("keys/<int:key_id>/expiry/", views.key_expiry, name="expiry"),
    path("keys/<int:key_id>/share/", views.key_share, name="share"),
    path("keys/<int:key_id>/take-back/<int:share_id>/", views.key_stop_sharing, name="stop_sharing"),
    path("keys/<int:key_id>/hand-over/", views.key_transfer, name="transfer"),
    path("keys/<int:key_id>/remove/", views.key_remove, name="remove"),
    path("keys/<int:key_id>/replace/", views.key_replace, name="replace"),
]
