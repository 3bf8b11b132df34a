"""What a search asks for, as the address says it."""

import re
from typing import Any

from django import forms
from django.db.models import BigIntegerField, QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.shared.together import together
from pipelines_portal.submissions.choices import asked_for, choices_in, shown_people
from pipelines_portal.submissions.filters import midnight
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.access import shown_workflows

from . import tasks
from .candidates import NEWEST
from .finding import Asked
from .keeping import behind
from .senders import others_seen_by, people_seen_by, senders
from .words import words_in

LONGEST_QUESTION = 200
MOST_WORDS_ASKED = 10
STATES = [(state.value, state.label) for state in Submission.State if state not in ("draft", "sending")]
_NUMBER = re.compile(r"#?\s*(\d{1,18})")


@prepared(user=BigIntegerField(), asked=BigIntegerField())
def _people(user: Given, asked: Given) -> QuerySet[User, tuple[int, str, str]]:
    return shown_people(people_seen_by(user), asked)


class SearchForm(forms.Form):
    q = forms.CharField(
        max_length=LONGEST_QUESTION,
        required=False,
        label="Words, or a task ID",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    who = forms.ChoiceField(required=False, label="Sent by")
    workflow = forms.ChoiceField(required=False, label="Workflow")
    state = forms.ChoiceField(choices=[("", "Any state"), *STATES], required=False, label="State")
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(min_value=1, max_value=NEWEST, required=False, widget=forms.HiddenInput)
    loose = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, data: Any) -> None:
        super().__init__(data)
        self.user, who = user, asked_for(data.get("who"))
        reads = (each.asked(user=user.pk) for each in (shown_workflows, others_seen_by, behind))
        task_id = _task_id_in(str(data.get("q", "")))
        places = [] if task_id is None else tasks.asked_for(user, task_id)
        opened, self.others, waiting, named, *found = together(*reads, _people.asked(user=user.pk, asked=who), *places)
        # Where the task is, as far as that is known, and where to look else.
        self.places, self.to_look = tasks.places_in(*found) if found else ([], [])
        # Something that they may see has no words yet.
        self.is_behind = bool(waiting)
        choices = choices_in(opened, named)
        people = [(str(each.pk), str(each)) for each in choices.people]
        self.fields["who"].choices = [("", "Anyone"), *people]  # type: ignore[attr-defined]
        self.fields["workflow"].choices = [("", "Any workflow"), *choices.workflows]  # type: ignore[attr-defined]

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "This day is before the other one.")

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("who", "workflow", "state", "since", "until"))

    @property
    def task_id(self) -> int | None:
        """What was asked for is a task's number; in quotes it is a word."""
        return _task_id_in(self.cleaned_data["q"])

    @property
    def words(self) -> list[str]:
        return list(dict.fromkeys(words_in(self.cleaned_data["q"])))[:MOST_WORDS_ASKED]

    def asked(self) -> Asked:
        """Call on a valid form."""
        said = self.cleaned_data
        return Asked(
            words=self.words,
            senders=senders(self.user, self.others, int(said["who"]) if said["who"] else None),
            state=said["state"],
            person_id=int(said["who"]) if said["who"] else None,
            workflow_id=int(said["workflow"]) if said["workflow"] else None,
            since=midnight(said["since"]),
            until=midnight(said["until"], 1),
            before=said["before"] or NEWEST,
            is_loose=said["loose"],
        )


def _task_id_in(text: str) -> int | None:
    number = _NUMBER.fullmatch(text.strip())
    return int(number[1]) if number else None
