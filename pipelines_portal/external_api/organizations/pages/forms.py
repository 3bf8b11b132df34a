from uuid import uuid4

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from pipelines_portal.external_api.organizations.keys import EXPIRY_CHOICES


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
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    # Makes this form one key, however often it is sent: a reload of the answer sends it again.
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)
    field_order = ["name", "expires"]
