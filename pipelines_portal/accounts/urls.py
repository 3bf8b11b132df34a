from django.urls import path

from pipelines_portal.accounts.views import account, confirm, password, sign_in, two_step

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-in/code/", sign_in.TwoStep.as_view(), name="two_step"),
    path("sign-in/passkey/", sign_in.PasskeySignIn.as_view(), name="passkey_sign_in"),
    path("sign-in/oidc/", sign_in.idp_sign_in, name="idp_sign_in"),
    path("sign-in/oidc/callback/", sign_in.idp_callback, name="idp_callback"),
    path("sign-out/", sign_in.SignOut.as_view(), name="sign_out"),
    path("password/", password.PasswordChange.as_view(), name="password_change"),
    path("password/forgotten/", password.PasswordForgotten.as_view(), name="password_forgotten"),
    path("password/new/<str:uid>/<str:token>/", password.password_reset, name="password_reset"),
    path("account/", account.account, name="account"),
    path("account/name/", account.name_change, name="name_change"),
    path("account/preference/", account.preference, name="preference"),
    path("account/confirm/", confirm.confirm, name="confirm"),
    path("account/second-step/", two_step.two_step_set_up, name="two_step_set_up"),
    path("account/second-step/<int:step_id>/remove/", two_step.two_step_remove, name="two_step_remove"),
    path("account/authenticator/", two_step.AuthenticatorAdd.as_view(), name="authenticator_add"),
    path("account/passkey/", two_step.PasskeyAdd.as_view(), name="passkey_add"),
    path("account/recovery-codes/", two_step.RecoveryCodesMake.as_view(), name="recovery_codes_make"),
    path("account/sessions/end-others/", account.sessions_end_others, name="sessions_end_others"),
    path("account/sessions/<str:mark>/end/", account.session_end, name="session_end"),
]
