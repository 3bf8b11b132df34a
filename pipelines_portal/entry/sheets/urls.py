from django.urls import path

from pipelines_portal.entry.sheets.views import matching, rows, sending, sheet

app_name = "sheets"
_one = "sheets/<uuid:import_id>/"
urlpatterns = [
    path(_one, sheet.sheet_detail, name="detail"),
    path(f"{_one}hand-over/", sheet.sheet_transfer, name="transfer"),
    path(f"{_one}delete/", sheet.sheet_delete, name="delete"),
    path(f"{_one}restore/", sheet.sheet_restore, name="restore"),
    path(f"{_one}rows/<slug:kind>.<file_form:form>", sheet.sheet_rows, name="rows"),
    path(f"{_one}reading/", matching.sheet_reread, name="reread"),
    path(f"{_one}columns/", matching.sheet_match, name="match"),
    path(f"{_one}columns/again/", matching.sheet_rematch, name="rematch"),
    path(f"{_one}words/forget/", matching.sheet_forget, name="forget"),
    path(f"{_one}grid/", rows.sheet_page, name="page"),
    path(f"{_one}grid/cells/", rows.sheet_cells, name="cells"),
    path(f"{_one}grid/rows/", rows.sheet_fix, name="fix"),
    path(f"{_one}grid/rows/<int:number>/", rows.sheet_row, name="row"),
    path(f"{_one}grid/alike/", rows.sheet_alike, name="alike"),
    path(f"{_one}grid/accept/", rows.sheet_accept, name="accept"),
    path(f"{_one}grid/replace/", rows.sheet_replace, name="replace"),
    path(f"{_one}grid/decide/", rows.sheet_choose, name="choose"),
    path(f"{_one}grid/undo/", rows.sheet_undo, name="undo"),
    path(f"{_one}grid/redo/", rows.sheet_redo, name="redo"),
    path(f"{_one}progress/", sending.sheet_progress, name="progress"),
    path(f"{_one}after-restore/", sending.sheet_restored, name="restored"),
    path(f"{_one}send/", sending.sheet_send, name="send"),
    path(f"{_one}send-now/", sending.sheet_send_now, name="send_now"),
    path(f"{_one}pause/", sending.sheet_pause, name="pause"),
    path(f"{_one}stop/", sending.sheet_stop, name="stop"),
    path(f"{_one}requests/<int:number>/", sending.sheet_decide, name="decide"),
]
