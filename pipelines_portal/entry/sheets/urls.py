from django.urls import path

from pipelines_portal.entry.sheets.views import columns, copies, matching, page, rows, sending, sheet, typing

app_name = "sheets"
_one = "sheets/<uuid:import_id>/"
_of_workflow = "keys/<int:key_id>/workflows/<int:workflow_id>/sheets/"
urlpatterns = [
    path(f"{_of_workflow}new/", page.sheet_new, name="new"),
    path(f"{_of_workflow}new/cells/", typing.sheet_new_cells, name="new_cells"),
    path(f"{_of_workflow}new/paste/", typing.sheet_new_paste, name="new_paste"),
    path(f"{_of_workflow}new/preset/<int:preset_id>/", typing.sheet_new_preset, name="new_preset"),
    path(f"{_of_workflow}columns/", columns.sheet_columns, name="columns"),
    path(f"{_of_workflow}pin/", columns.sheet_pin, name="pin"),
    path(f"{_of_workflow}copies/", copies.sheet_copy, name="copy"),
    path(_one, sheet.sheet_detail, name="detail"),
    path(f"{_one}hand-over/", sheet.sheet_transfer, name="transfer"),
    path(f"{_one}name/", sheet.sheet_name, name="name"),
    path(f"{_one}delete/", sheet.sheet_delete, name="delete"),
    path(f"{_one}restore/", sheet.sheet_restore, name="restore"),
    path(f"{_one}rows/<slug:kind>.<file_form:form>", sheet.sheet_rows, name="rows"),
    path(f"{_one}reading/", matching.sheet_reread, name="reread"),
    path(f"{_one}columns/", matching.sheet_match, name="match"),
    path(f"{_one}columns/again/", matching.sheet_rematch, name="rematch"),
    path(f"{_one}words/forget/", matching.sheet_forget, name="forget"),
    path(f"{_one}grid/", page.sheet_page, name="page"),
    path(f"{_one}grid/cells/", typing.sheet_cells, name="cells"),
    path(f"{_one}grid/paste/", typing.sheet_paste, name="paste"),
    path(f"{_one}grid/preset/<int:preset_id>/", typing.sheet_preset, name="preset"),
    path(f"{_one}grid/create/", typing.sheet_create, name="create"),
    path(f"{_one}grid/created/", typing.sheet_created, name="created"),
    path(f"{_one}grid/clear/", sheet.sheet_clear, name="clear"),
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
