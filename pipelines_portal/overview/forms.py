from django import forms

# As hours, and in words.
SPANS = ((4, "4 hours"), (12, "12 hours"), (24, "24 hours"), (72, "3 days"), (168, "7 days"))


class StuckHoursForm(forms.Form):
    """From when on a task counts as one that does not move."""

    hours = forms.TypedChoiceField(
        choices=SPANS, coerce=int, label="Longer than", error_messages={"invalid_choice": "Choose one of the list."}
    )
