"""The URLs of the ZIP wizard, one for each step."""

from django.urls import path

from pipelines_portal.uploads.views import choose, result, send

app_name = "uploads"
_one = "<uuid:zip_id>/"

urlpatterns = [
    path("", choose.upload_choose, name="choose"),
    path("rows.<file_form:form>", choose.upload_rows, name="rows"),
    path(_one, send.upload_send, name="send"),
    path(f"{_one}start/", send.upload_start, name="start"),
    path(f"{_one}stored/", send.upload_stored, name="stored"),
    path(f"{_one}cancel/", send.upload_cancel, name="cancel"),
    path(f"{_one}heartbeat/", send.upload_heartbeat, name="heartbeat"),
    path(f"{_one}release/", send.upload_release, name="release"),
    path(f"{_one}confirm/", result.upload_confirm, name="confirm"),
    path(f"{_one}result/", result.upload_result, name="result"),
    path(f"{_one}poll/", result.upload_poll, name="poll"),
    path(f"{_one}errors.<file_form:form>", result.upload_errors, name="errors"),
    path(f"{_one}retry/", result.upload_retry, name="retry"),
]
