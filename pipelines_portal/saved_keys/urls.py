from django.urls import path

from . import views

app_name = "saved_keys"
urlpatterns = [
    path("", views.home, name="home"),
    path("keys/", views.key_list, name="list"),
    path("keys/<int:key_id>/remove/", views.key_remove, name="remove"),
]
