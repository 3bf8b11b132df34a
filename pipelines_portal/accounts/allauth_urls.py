"""The names by which django-allauth looks for its pages, at ours: nothing else of it is routed."""

from django.urls import path

from pipelines_portal.accounts.views import sign_in

urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="account_login"),
    path("sign-in/code/", sign_in.SecondStep.as_view(), name="mfa_authenticate"),
]
