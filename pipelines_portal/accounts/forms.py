"""The forms of the sign-in and account pages."""

import re
from typing import Any, ClassVar

from allauth.account.forms import ReauthenticateForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm as AuthenticateByCodeForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, LoginWebAuthnForm
from cryptography.exceptions import InvalidSignature
from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from fido2.webauthn import AuthenticationResponse

from pipelines_portal.accounts import texts
from pipelines_portal.accounts.models import Role, User
from pipelines_portal.accounts.sign_in import idp_name, may_sign_in_without_idp, sign_in
from pipelines_portal.accounts.two_step import PASSWORDLESS, Type, two_step_methods_of, use_code_once
from pipelines_portal.core.encryption import Undecryptable
from pipelines_portal.web.form_fields import NameField

_UNSTORABLE = re.compile(r"\\u(0000|[dD][89a-fA-F])")


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "Incorrect email or password.",
        "inactive": texts.DEACTIVATED,
    }
    username = forms.EmailField(
        label="Email", widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"})
    )

    def clean(self) -> dict[str, Any]:
        """Show a rejection at the password, which the person enters again, and focus it."""
        try:
            super().clean()
        except ValidationError as rejection:
            self.add_error("password", rejection)
        if "username" not in self.errors:
            self.fields["username"].widget.attrs.pop("autofocus", None)
            self.fields["password"].widget.attrs["autofocus"] = True
        return self.cleaned_data

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        super().confirm_login_allowed(user)  # type: ignore[arg-type]
        if isinstance(user, User) and not may_sign_in_without_idp(user.role):
            raise self.get_invalid_login_error()

    def get_invalid_login_error(self) -> ValidationError:
        """Return the same error for a wrong password and for a right one that may not be used."""
        error = super().get_invalid_login_error()
        if may_sign_in_without_idp(Role.OPERATOR):
            return error
        return ValidationError(
            f"Incorrect email or password. Only administrators sign in with a password; use {idp_name()} instead.",
            code=error.code,
        )

    def login(self, request: HttpRequest, redirect_url: str | None) -> HttpResponse:
        """Continue with the next step of the sign-in."""
        user: Any = self.get_user()
        return sign_in(request, user, how="password", redirect_url=redirect_url)


class _CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code. A code that was checked can't be used again."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        help_text="The 6 digits from your authenticator app, or a recovery code.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}),
    )

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except Undecryptable:
            raise ValidationError(
                "We can’t check codes: a value is missing from ENCRYPTION_KEYS. Use a passkey, or "
                "contact your administrator."
            ) from None
        if self.authenticator.type == Type.TOTP and not use_code_once(self.user, code):  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_CodeForm, AuthenticateByCodeForm):
    """Two-step verification after the password. Without an authenticator app, only a recovery code can be entered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_app = two_step_methods_of(self.user).filter(type=Type.TOTP).exists()
        if not self.has_app:
            code = self.fields["code"]
            code.label, code.help_text = (
                "Recovery code",
                "One of the codes that you saved when you added your passkey. Each works once.",
            )
            del code.widget.attrs["autofocus"]

    def clean_code(self) -> str:
        try:
            return super().clean_code()
        except ValidationError as error:
            if self.has_app or error.code != "incorrect_code":
                raise
            raise ValidationError("Incorrect or used recovery code.", code=error.code) from None


class ConfirmByCodeForm(_CodeForm, ReauthenticateByCodeForm):
    """The confirmation of somebody who is signed in."""


class CredentialField(forms.JSONField):
    """What a browser says of a passkey. Python reads no numbers of many digits, nor lists in many others."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError):
            raise ValidationError(texts.PASSKEY_REFUSED) from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return None: the form that is shown again asks the browser for a new credential."""
        return None


class PasskeyMixin(forms.Form):
    """Refuse a credential that no browser made, or that was made for another site."""

    credential = CredentialField(widget=forms.HiddenInput)

    def clean_credential(self) -> Authenticator:
        try:
            authenticator: Authenticator = super().clean_credential()  # type: ignore[misc]
        except (ValueError, TypeError, KeyError, AttributeError, InvalidSignature, ValidationError):
            raise ValidationError(texts.PASSKEY_REFUSED) from None
        return authenticator


class PasskeySignInForm(PasskeyMixin, LoginWebAuthnForm):
    """A sign-in with a passkey alone, which asked for a fingerprint, a face or a PIN itself."""

    def clean_credential(self) -> Authenticator:
        authenticator = super().clean_credential()
        # The passkey signs whether it verified the person. allauth checks only what this session asked for last, which
        # is less after a password.
        answer = AuthenticationResponse.from_dict(self.cleaned_data["credential"])
        if not answer.response.authenticator_data.is_user_verified():
            raise ValidationError(texts.PASSKEY_REFUSED)
        if not authenticator.data.get(PASSWORDLESS, True):
            raise ValidationError("This passkey only works after your password. Sign in with your email first.")
        return authenticator


class PasskeyStepForm(PasskeyMixin, AuthenticateWebAuthnForm):
    """A passkey as two-step verification after the password."""


class ForgottenForm(forms.Form):
    email = forms.EmailField(label="Email", widget=forms.EmailInput(attrs={"autocomplete": "username"}))


class NameForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields: ClassVar = ["name"]
        field_classes: ClassVar = {"name": NameField}


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """A new password through a reset link."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields["new_password1"].help_text = texts.PASSWORD_HELP
        self.fields["new_password2"].label, self.fields["new_password2"].help_text = "Confirm new password", ""


class OwnPasswordForm(NewPasswordForm, PasswordChangeForm):
    """A new password of somebody who is signed in."""

    error_messages = PasswordChangeForm.error_messages | {"password_incorrect": texts.INCORRECT_PASSWORD}

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields["old_password"].label = "Current password"


class ConfirmByPasswordForm(ReauthenticateForm):
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class AppForm(forms.Form):
    """A code that proves that the app knows `secret`."""

    code = forms.CharField(
        label="Verification code",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def __init__(self, user: User, secret: str, *args: Any, **kwargs: Any) -> None:
        self.user, self.secret = user, secret
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        app = Authenticator(user=self.user, type=Type.TOTP, data={"secret": get_adapter().encrypt(self.secret)})
        if not app.wrap().validate_code(code) or not use_code_once(self.user, code):
            raise ValidationError("Incorrect code. Enter the newest code and check your phone’s clock.")
        return code


class PasskeyForm(AddWebAuthnForm):
    credential = CredentialField(widget=forms.HiddenInput)
    name = NameField(label="Name", required=False, max_length=100, help_text="For example: Work laptop")
    passwordless = forms.BooleanField(
        label="Sign in without a password",
        required=False,
        initial=True,
        help_text="This passkey alone then signs you in. Requires a fingerprint, face or PIN.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_sign_in_without_idp(self.user.role):
            del self.fields["passwordless"]

    def clean(self) -> dict[str, Any]:
        # No browser sends such a text, and PostgreSQL does not store JSON with it.
        if _UNSTORABLE.search(self.data.get("credential", "")):
            raise ValidationError(texts.PASSKEY_REFUSED)
        try:
            cleaned: dict[str, Any] = super().clean()
        except (ValueError, TypeError, KeyError, AttributeError, InvalidSignature, ValidationError):
            raise ValidationError(texts.PASSKEY_REFUSED) from None
        return cleaned
