import re

from django import forms
from django.core.exceptions import ValidationError

LARGEST_ID = 2**63 - 1


class OpenWorkflowForm(forms.Form):
    workflow = forms.CharField(
        label="Workflow ID",
        help_text="The number, or an address that holds it. The API lists no workflows, so the portal remembers it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "42"}),
        max_length=2000,
    )

    def clean_workflow(self) -> int:
        number = workflow_id_in(self.cleaned_data["workflow"])
        if number is None or not 0 < number <= LARGEST_ID:
            raise ValidationError("This holds no workflow ID. Enter the number, for example 42.")
        return number


def workflow_id_in(text: str) -> int | None:
    """The id in a number or in a pasted address: after `workflows/` or `pipelines/`, else the last number there is."""
    text = text.strip()
    if re.fullmatch(r"#?[0-9]{1,19}", text):
        return int(text.lstrip("#"))
    if "/" not in text:
        return None
    named = re.search(r"(?:workflows?|pipelines?)/([0-9]{1,19})(?![0-9])", text)
    numbers = re.findall(r"(?<=/)[0-9]{1,19}(?=[/?#]|$)", text)
    found = named.group(1) if named else numbers[-1] if numbers else None
    return int(found) if found else None
