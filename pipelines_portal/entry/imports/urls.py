from django.urls import path

from pipelines_portal.entry.imports.views import (
    check,
    deletion,
    detail,
    download,
    fix,
    handing_over,
    match,
    new,
    progress,
    sending,
)

app_name = "imports"
_one = "<uuid:import_id>/"
urlpatterns = [
    path("", new.import_new, name="new"),
    path("template.<slug:form>", new.import_template, name="template"),
    path(_one, detail.import_detail, name="detail"),
    path(f"{_one}hand-over/", handing_over.import_hand_over, name="hand_over"),
    path(f"{_one}delete/", deletion.import_delete, name="delete"),
    path(f"{_one}restore/", deletion.import_restore, name="restore"),
    path(f"{_one}reading/", match.import_reread, name="reread"),
    path(f"{_one}columns/", match.import_match, name="match"),
    path(f"{_one}columns/again/", match.import_rematch, name="rematch"),
    path(f"{_one}check/", check.import_check, name="check"),
    path(f"{_one}check/rows/", fix.import_fix, name="fix"),
    path(f"{_one}check/alike/", fix.import_alike, name="alike"),
    path(f"{_one}check/replace/", fix.import_replace, name="replace"),
    path(f"{_one}check/decide/", fix.import_choose, name="choose"),
    path(f"{_one}check/undo/", fix.import_undo, name="undo"),
    path(f"{_one}progress/", progress.import_progress, name="progress"),
    path(f"{_one}continue/", sending.import_continue, name="continue"),
    path(f"{_one}send/", sending.import_send, name="send"),
    path(f"{_one}pause/", sending.import_pause, name="pause"),
    path(f"{_one}stop/", sending.import_stop, name="stop"),
    path(f"{_one}requests/<int:number>/", sending.import_decide, name="decide"),
    path(f"{_one}rows/<slug:kind>.<slug:form>", download.import_rows, name="rows"),
]
