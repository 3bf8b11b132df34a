"""The ZIP wizard: each step is a URL, and its state a row."""

from django.urls import path

from .views import choose, relay, result, send, tabs, terminal

app_name = "uploads"

urlpatterns = [
    path("", choose.choose, name="choose"),
    path("<uuid:zip_id>/", send.send, name="send"),
    path("<uuid:zip_id>/start/", send.start, name="start"),
    path("<uuid:zip_id>/stored/", send.stored, name="stored"),
    path("<uuid:zip_id>/cancel/", send.cancel, name="cancel"),
    path("<uuid:zip_id>/heartbeat/", tabs.heartbeat, name="heartbeat"),
    path("<uuid:zip_id>/release/", tabs.release, name="release"),
    path("<uuid:zip_id>/terminal/", terminal.terminal, name="terminal"),
    path("<uuid:zip_id>/arrived/", terminal.arrived, name="arrived"),
    path("<uuid:zip_id>/relay/", relay.relay, name="relay"),
    path("<uuid:zip_id>/confirm/", result.confirm, name="confirm"),
    path("<uuid:zip_id>/result/", result.result, name="result"),
    path("<uuid:zip_id>/look/", result.look, name="look"),
    path("<uuid:zip_id>/errors.csv", result.errors_csv, name="errors_csv"),
    path("<uuid:zip_id>/again/", result.again, name="again"),
]
