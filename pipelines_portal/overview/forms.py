from django import forms

# Hours, and their labels.
SPANS = ((4, "4 hours"), (12, "12 hours"), (24, "24 hours"), (72, "3 days"), (168, "7 days"))


class StuckHoursForm(forms.Form):
    """The time after which a task without progress counts as stuck."""

    hours = forms.TypedChoiceField(
        choices=SPANS,
        coerce=int,
        label="No progress for",
        error_messages={"invalid_choice": "Choose a time from the list."},
    )
