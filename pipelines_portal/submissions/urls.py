"""The pages of what was sent."""

from django.urls import path

from pipelines_portal.submissions.views import decisions, detail, exports, suggestions
from pipelines_portal.submissions.views import list as listing

app_name = "submissions"
_one = "submissions/<uuid:submission_id>/"
_export = "submissions/exports/<uuid:export_id>/"

urlpatterns = [
    path("submissions/", listing.submission_list, name="list"),
    path("submissions/suggestions/", suggestions.suggestion_list, name="suggestion_list"),
    path("submissions/export.<file_form:form>", exports.submission_export, name="export"),
    path(_export, exports.submission_export_progress, name="export_progress"),
    path(f"{_export}sent.<file_form:form>", exports.submission_export_file, name="export_file"),
    path(_one, detail.submission_detail, name="detail"),
    path(f"{_one}send/", decisions.submission_send, name="send"),
    path(f"{_one}created/", decisions.submission_mark_created, name="mark_created"),
    path(f"{_one}not-created/", decisions.submission_mark_not_created, name="mark_not_created"),
    path(f"{_one}stop-waiting/", decisions.submission_stop_waiting, name="stop_waiting"),
    path(f"{_one}retry/", decisions.submission_retry, name="retry"),
    path(f"{_one}discard/", decisions.submission_discard, name="discard"),
    path(f"{_one}errors.<file_form:form>", exports.submission_errors, name="errors"),
]
