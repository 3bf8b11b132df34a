"""The ZIP wizard: each step is a URL, and its state a row."""

from django.urls import path

from .views import choose, confirm, result, send

app_name = "uploads"
_workflow = "keys/<int:key_id>/workflows/<int:workflow_id>/upload/"
_upload = f"{_workflow}<uuid:zip_id>/"

urlpatterns = [
    path(_workflow, choose.choose, name="choose"),
    path(_upload, send.send, name="send"),
    path(f"{_upload}start/", send.start, name="start"),
    path(f"{_upload}heartbeat/", send.heartbeat, name="heartbeat"),
    path(f"{_upload}release/", send.release, name="release"),
    path(f"{_upload}stored/", send.stored, name="stored"),
    path(f"{_upload}cancel/", send.cancel, name="cancel"),
    path(f"{_upload}confirm/", confirm.confirm, name="confirm"),
    path(f"{_upload}result/", result.result, name="result"),
]
