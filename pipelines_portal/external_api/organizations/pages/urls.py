"""Pages for people: setup, signing in, and an organization's keys, workflows and people."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter
from django.views.generic import RedirectView

from pipelines_portal.core.sql import LARGEST_ID
from pipelines_portal.external_api.organizations.pages import (
    organization_views,
    people_views,
    setup_views,
    views,
    workflow_views,
)
from pipelines_portal.external_api.organizations.pages.password_views import ChangePasswordView, ChoosePasswordView
from pipelines_portal.external_api.organizations.pages.two_step_views import (
    SignInCodeView,
    TwoStepRemoveView,
    TwoStepView,
)
from pipelines_portal.external_api.organizations.pages.views import SignInView, SignOutView


class IdConverter(IntConverter):
    """An ID. A larger number than a database can have matches no URL: SQLite fails if it is asked for one."""

    def to_python(self, value: str) -> int:
        number = super().to_python(value)
        if number > LARGEST_ID:
            raise ValueError
        return number


register_converter(IdConverter, "id")

app_name = "organization_keys"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="organization_keys:organizations"), name="home"),
    path("setup", setup_views.setup, name="setup"),
    path("sign-in", SignInView.as_view(), name="sign_in"),
    path("sign-in/code", SignInCodeView.as_view(), name="sign_in_code"),
    path("sign-out", SignOutView.as_view(), name="sign_out"),
    path("choose-password", ChoosePasswordView.as_view(), name="choose_password"),
    path("password", ChangePasswordView.as_view(), name="password"),
    path("two-step", TwoStepView.as_view(), name="two_step"),
    path("two-step/remove", TwoStepRemoveView.as_view(), name="two_step_remove"),
    path("organization-keys/", organization_views.organizations, name="organizations"),
    path("organization-keys/add", organization_views.organization_add, name="organization_add"),
    path("organization-keys/<id:organization_id>/rename", organization_views.organization_rename, name="rename"),
    path("organization-keys/<id:organization_id>/", views.key_list, name="list"),
    path("organization-keys/<id:organization_id>/new", views.key_create, name="create"),
    path("organization-keys/<id:organization_id>/<id:key_id>/expiry", views.key_expiry, name="expiry"),
    path("organization-keys/<id:organization_id>/<id:key_id>/revoke", views.key_revoke, name="revoke"),
    path("organization-keys/<id:organization_id>/workflows", workflow_views.workflow_list, name="workflows"),
    path("organization-keys/<id:organization_id>/workflows/new", workflow_views.workflow_add, name="workflow_add"),
    path(
        "organization-keys/<id:organization_id>/workflows/<id:workflow_id>",
        workflow_views.workflow_edit,
        name="workflow",
    ),
    path("organization-keys/<id:organization_id>/people", people_views.people, name="people"),
    path("organization-keys/<id:organization_id>/people/<id:person_id>/role", people_views.role, name="role"),
    path("organization-keys/<id:organization_id>/people/<id:person_id>/remove", people_views.remove, name="remove"),
    path(
        "organization-keys/<id:organization_id>/people/<id:person_id>/password-link",
        people_views.new_password_link,
        name="password_link",
    ),
]
