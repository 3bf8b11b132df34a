"""The URL names that django-allauth needs, on the portal's views. No view of allauth itself has a URL."""

from django.urls import path

from pipelines_portal.accounts.views import sign_in

urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="account_login"),
    path("sign-in/code/", sign_in.TwoStep.as_view(), name="mfa_authenticate"),
]
