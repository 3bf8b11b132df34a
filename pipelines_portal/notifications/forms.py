from typing import Any

from django import forms

from pipelines_portal.notifications.models import Choices, Kind, Mail


class ChoicesForm(forms.Form):
    listed = forms.MultipleChoiceField(choices=Kind.choices, required=False)
    mailed = forms.MultipleChoiceField(choices=Kind.choices, required=False)
    mail = forms.ChoiceField(choices=Mail.choices, widget=forms.RadioSelect, label="Mails come")

    @classmethod
    def of(cls, choices: Choices) -> "ChoicesForm":
        return cls(initial={"listed": choices.listed, "mailed": choices.mailed, "mail": choices.mail})

    def lines(self) -> list[dict[str, Any]]:
        """Each kind with whether it is chosen in either column."""
        listed, mailed = self["listed"].value() or [], self["mailed"].value() or []
        return [
            {"value": kind.value, "words": kind.label, "listed": kind.value in listed, "mailed": kind.value in mailed}
            for kind in Kind
        ]
