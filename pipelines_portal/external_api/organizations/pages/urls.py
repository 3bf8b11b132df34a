"""Pages for people: signing in, and an organization's keys."""

from django.urls import path
from django.views.generic import RedirectView

from pipelines_portal.external_api.organizations.pages import views
from pipelines_portal.external_api.organizations.pages.views import SignInView, SignOutView

app_name = "organization_keys"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="organization_keys:organizations")),
    path("sign-in", SignInView.as_view(), name="sign_in"),
    path("sign-out", SignOutView.as_view(), name="sign_out"),
    path("organization-keys/", views.organizations, name="organizations"),
    path("organization-keys/<int:organization_id>/", views.key_list, name="list"),
    path("organization-keys/<int:organization_id>/new", views.key_create, name="create"),
    path("organization-keys/<int:organization_id>/<int:key_id>/expiry", views.key_expiry, name="expiry"),
    path("organization-keys/<int:organization_id>/<int:key_id>/revoke", views.key_revoke, name="revoke"),
]
