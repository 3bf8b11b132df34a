from django.urls import path

from pipelines_portal.keys.views import changes, detail, replace
from pipelines_portal.keys.views import list as listing

app_name = "keys"
urlpatterns = [
    path("keys/", listing.key_list, name="list"),
    path("keys/<int:key_id>/", detail.key_detail, name="detail"),
    path("keys/<int:key_id>/check/", detail.key_check, name="check"),
    path("keys/<int:key_id>/rename/", changes.key_rename, name="rename"),
    path("keys/<int:key_id>/expiry/", changes.key_expiry, name="expiry"),
    path("keys/<int:key_id>/share/", changes.key_share, name="share"),
    path("keys/<int:key_id>/take-back/<int:share_id>/", changes.key_take_back, name="take_back"),
    path("keys/<int:key_id>/hand-over/", changes.key_hand_over, name="hand_over"),
    path("keys/<int:key_id>/remove/", changes.key_remove, name="remove"),
    path("keys/<int:key_id>/replace/", replace.key_replace, name="replace"),
    path("keys/<int:key_id>/undo/", replace.key_undo, name="undo"),
]
