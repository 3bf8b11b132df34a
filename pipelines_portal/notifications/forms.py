"""The form of notification preferences."""

from typing import Any

from django import forms

from pipelines_portal.notifications.models import Kind, MailFrequency, Preferences


class PreferencesForm(forms.Form):
    listed = forms.MultipleChoiceField(choices=Kind.choices, required=False)
    mailed = forms.MultipleChoiceField(choices=Kind.choices, required=False)
    mail = forms.ChoiceField(choices=MailFrequency.choices, widget=forms.RadioSelect, label="Email")

    @classmethod
    def showing(cls, preferences: Preferences) -> "PreferencesForm":
        return cls(initial={"listed": preferences.listed, "mailed": preferences.mailed, "mail": preferences.mail})

    def lines(self) -> list[dict[str, Any]]:
        """Return a row for each kind, with the state of its two checkboxes."""
        listed, mailed = self["listed"].value() or [], self["mailed"].value() or []
        return [
            {"value": kind.value, "words": kind.label, "listed": kind.value in listed, "mailed": kind.value in mailed}
            for kind in Kind
        ]
