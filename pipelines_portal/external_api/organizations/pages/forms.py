from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.password_validation import validate_password

from pipelines_portal.external_api.models import Membership, Organization, Person
from pipelines_portal.external_api.organizations import texts, two_step
from pipelines_portal.external_api.organizations.keys import EXPIRY_CHOICES

UNFILLED = {"autocomplete": "off"}


class SignInForm(AuthenticationForm):
    error_messages = AuthenticationForm.error_messages | {"invalid_login": "Incorrect email or password."}


class ExpiryForm(forms.Form):
    expires = forms.ChoiceField(
        label="Expires in",
        choices=EXPIRY_CHOICES,
        initial="90d",
        widget=forms.RadioSelect,
    )


class NewKeyForm(ExpiryForm):
    name = forms.CharField(
        label="Key name",
        max_length=200,
        help_text="What will use this key? For example: Portal",
        widget=forms.TextInput(attrs=UNFILLED),
    )
    # Makes this form one key, however often it is sent: a reload of the answer sends it again.
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)
    field_order = ["name", "expires"]


class FirstPersonForm(forms.Form):
    email = forms.EmailField(label="Email", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text=texts.PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if "password" in cleaned:
            try:
                validate_password(cleaned["password"], Person(email=cleaned.get("email", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class OrganizationForm(forms.ModelForm[Organization]):
    class Meta:
        model = Organization
        fields: ClassVar = ["name"]
        labels: ClassVar = {"name": "Organization name"}
        widgets: ClassVar = {"name": forms.TextInput(attrs=UNFILLED)}
        error_messages: ClassVar = {"name": {"unique": texts.NAME_TAKEN}}


class PersonForm(forms.Form):
    email = forms.EmailField(label="Email", max_length=254, widget=forms.EmailInput(attrs=UNFILLED))
    role = forms.ChoiceField(label="Role", choices=texts.ROLES, initial=Membership.Role.MEMBER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=texts.ROLES)


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """A password that is chosen through a link."""

    def __init__(self, user: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields["new_password1"].help_text = texts.PASSWORD_HELP
        self.fields["new_password2"].label, self.fields["new_password2"].help_text = "Confirm new password", ""


class OwnPasswordForm(NewPasswordForm, PasswordChangeForm):
    """A new password of a person who is signed in."""

    error_messages = PasswordChangeForm.error_messages | {"password_incorrect": texts.INCORRECT_PASSWORD}

    def __init__(self, user: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields["old_password"].label = "Current password"


CODE_INPUT = {"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "none"}


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=40,
        help_text=texts.CODE_HELP,
        widget=forms.TextInput(attrs=CODE_INPUT | {"autofocus": True}),
    )


class TwoStepForm(forms.Form):
    """The password of a person, and a code that proves that their app knows `secret`."""

    password = forms.CharField(
        label="Current password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label="Verification code", max_length=40, widget=forms.TextInput(attrs=CODE_INPUT | {"inputmode": "numeric"})
    )
    step: int

    def __init__(self, *args: Any, person: Person, secret: bytes = b"", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.secret = person, secret

    def clean(self) -> dict[str, Any]:
        """Check the code only beside the right password, so that a wrong one uses no code up."""
        cleaned = self.cleaned_data
        if "password" in cleaned and not self.person.check_password(cleaned["password"]):
            self.add_error("password", texts.INCORRECT_PASSWORD)
        if not self.errors and not self.is_right(cleaned["code"]):
            self.add_error("code", texts.INCORRECT_CODE)
        return cleaned

    def is_right(self, code: str) -> bool:
        step = two_step.step_of(self.secret, code)
        self.step = step or 0
        return step is not None


class TwoStepRemovalForm(TwoStepForm):
    """The password of a person, and a code of their app or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.help_text = texts.CODE_HELP
        del code.widget.attrs["inputmode"]

    def is_right(self, code: str) -> bool:
        return two_step.use_code(self.person, code)
