from django.urls import path

from .views import detail, download, progress, sending

app_name = "imports"
_one = "<uuid:import_id>/"
urlpatterns = [
    path(_one, detail.import_detail, name="detail"),
    path(f"{_one}check/", detail.import_detail, name="check"),
    path(f"{_one}progress/", progress.import_progress, name="progress"),
    path(f"{_one}send/", sending.import_send, name="send"),
    path(f"{_one}pause/", sending.import_pause, name="pause"),
    path(f"{_one}stop/", sending.import_stop, name="stop"),
    path(f"{_one}requests/<int:number>/", sending.import_decide, name="decide"),
    path(f"{_one}rows/<slug:kind>.<slug:form>", download.import_rows, name="rows"),
]
