"""The ledger's pages."""

from django.urls import path

from .views import decisions, detail, errors
from .views import list as listing

app_name = "submissions"
_one = "submissions/<uuid:submission_id>/"

urlpatterns = [
    path("submissions/", listing.submission_list, name="list"),
    path(_one, detail.submission_detail, name="detail"),
    path(f"{_one}send/", decisions.send_draft, name="send"),
    path(f"{_one}created/", decisions.tasks_are_mine, name="mark_created"),
    path(f"{_one}not-created/", decisions.nothing_was_created, name="mark_not_created"),
    path(f"{_one}again/", decisions.try_rejected_again, name="again"),
    path(f"{_one}errors.csv", errors.errors_csv, name="errors"),
]
