from django.urls import path

from pipelines_portal.entry.imports.views import import_job, matching, rows, sending

app_name = "imports"
_one = "<uuid:import_id>/"
urlpatterns = [
    path("", import_job.import_new, name="new"),
    path("template.<file_form:form>", import_job.import_template, name="template"),
    path(_one, import_job.import_detail, name="detail"),
    path(f"{_one}hand-over/", import_job.import_transfer, name="transfer"),
    path(f"{_one}delete/", import_job.import_delete, name="delete"),
    path(f"{_one}restore/", import_job.import_restore, name="restore"),
    path(f"{_one}reading/", matching.import_reread, name="reread"),
    path(f"{_one}columns/", matching.import_match, name="match"),
    path(f"{_one}columns/again/", matching.import_rematch, name="rematch"),
    path(f"{_one}words/forget/", matching.import_forget, name="forget"),
    path(f"{_one}check/", rows.import_check, name="check"),
    path(f"{_one}check/cells/", rows.import_cells, name="cells"),
    path(f"{_one}check/rows/", rows.import_fix, name="fix"),
    path(f"{_one}check/rows/<int:number>/", rows.import_row, name="row"),
    path(f"{_one}check/alike/", rows.import_alike, name="alike"),
    path(f"{_one}check/accept/", rows.import_accept, name="accept"),
    path(f"{_one}check/replace/", rows.import_replace, name="replace"),
    path(f"{_one}check/decide/", rows.import_choose, name="choose"),
    path(f"{_one}check/undo/", rows.import_undo, name="undo"),
    path(f"{_one}check/redo/", rows.import_redo, name="redo"),
    path(f"{_one}progress/", sending.import_progress, name="progress"),
    path(f"{_one}after-restore/", sending.import_restored, name="restored"),
    path(f"{_one}send/", sending.import_send, name="send"),
    path(f"{_one}send-now/", sending.import_send_now, name="send_now"),
    path(f"{_one}pause/", sending.import_pause, name="pause"),
    path(f"{_one}stop/", sending.import_stop, name="stop"),
    path(f"{_one}requests/<int:number>/", sending.import_decide, name="decide"),
    path(f"{_one}rows/<slug:kind>.<file_form:form>", import_job.import_rows, name="rows"),
]
