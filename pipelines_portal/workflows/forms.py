import re

from django import forms
from django.core.exceptions import ValidationError

from pipelines_portal.api_client.bounds import LARGEST_ID
from pipelines_portal.web.form_fields import KeylessField

MOST_AT_ONCE = 20


class OpenWorkflowsForm(forms.Form):
    """The IDs of workflows to open, as numbers or addresses."""

    workflow = KeylessField(
        label="Workflow IDs or links",
        help_text="Copy the link from Pipelines. Everyone who uses this key sees the workflow.",
        widget=forms.Textarea(
            attrs={"autocomplete": "off", "placeholder": ".../workflows/42", "rows": 1, "data-enter-sends": True}
        ),
        max_length=20_000,
    )

    def clean_workflow(self) -> list[int]:
        pieces = [piece for piece in re.split(r"[\s,;]+", self.cleaned_data["workflow"]) if piece]
        numbers = [_number(piece) for piece in pieces]
        if len(numbers) > MOST_AT_ONCE:
            raise ValidationError(f"Add at most {MOST_AT_ONCE} at a time. These are {len(numbers)}.")
        return list(dict.fromkeys(numbers))


def _number(piece: str) -> int:
    number = workflow_id_in(piece)
    if number is None or not 0 < number <= LARGEST_ID:
        raise ValidationError(f"“{piece[:100]}” isn’t a workflow ID. Enter a number or a link, for example 42.")
    return number


def workflow_id_in(text: str) -> int | None:
    """Return the ID in a number or a pasted address: after `workflows/` or `pipelines/`, or else the last number."""
    text = text.strip()
    if re.fullmatch(r"#?[0-9]{1,19}", text):
        return int(text.lstrip("#"))
    if "/" not in text:
        return None
    named = re.search(r"(?:workflows?|pipelines?)/([0-9]{1,19})(?![0-9])", text)
    numbers = re.findall(r"(?<=/)[0-9]{1,19}(?=[/?#]|$)", text)
    found = named.group(1) if named else numbers[-1] if numbers else None
    return int(found) if found else None
