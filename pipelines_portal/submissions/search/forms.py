"""The form of a search."""

import re
from functools import cache, partial
from typing import Any

from django import forms

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.filters import asked_for, midnight, shown_people
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.search.queries import BEGINNINGS, NEWEST, PHRASE, Question
from pipelines_portal.submissions.search.words import words_in
from pipelines_portal.submissions.team import people_of
from pipelines_portal.workflows.permissions import workflow_choices

LONGEST_QUESTION = 200
MOST_WORDS_ASKED = 10
STATUSES = [(status.value, status.label) for status in Submission.Status if status not in ("draft", "sending")]
_NUMBER = re.compile(r"#?\s*(\d{1,18})")


class SearchForm(forms.Form):
    q = forms.CharField(
        max_length=LONGEST_QUESTION,
        required=False,
        label="Words, or a task ID",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "autofocus": True}),
    )
    who = forms.ChoiceField(required=False, label="Sent by")
    workflow = forms.ChoiceField(required=False, label="Workflow")
    status = forms.ChoiceField(choices=[("", "Any status"), *STATUSES], required=False, label="Status")
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(min_value=1, max_value=NEWEST, required=False, widget=forms.HiddenInput)
    way = forms.IntegerField(min_value=PHRASE, max_value=BEGINNINGS, required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, data: Any) -> None:
        super().__init__(data)
        # Called when they are needed: a task's number leads there without them.
        self.fields["who"].choices = cache(partial(_people, user, data))  # type: ignore[attr-defined]
        self.fields["workflow"].choices = cache(partial(_workflows, user))  # type: ignore[attr-defined]

    def clean_before(self) -> int:
        return self.cleaned_data["before"] or NEWEST

    def clean_way(self) -> int:
        return self.cleaned_data["way"] or PHRASE

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "This day is before the other one.")

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("who", "workflow", "status", "since", "until"))

    @property
    def task_id(self) -> int | None:
        """The ID, if the person asked for a number. A number in quotes is a word."""
        return _task_id_in(self.cleaned_data["q"])

    @property
    def words(self) -> list[str]:
        return list(words_in(self.cleaned_data["q"]))[:MOST_WORDS_ASKED]

    def question(self) -> Question:
        """Return the question of a valid form."""
        said = self.cleaned_data
        return Question(
            words=self.words,
            status=said["status"],
            person_id=int(said["who"]) if said["who"] else None,
            workflow_id=int(said["workflow"]) if said["workflow"] else None,
            since=midnight(said["since"]),
            until=midnight(said["until"], 1),
        )


def _people(user: User, data: Any) -> list[tuple[str, str]]:
    shown = shown_people(people_of(user), asked_for(data.get("who")))
    return [("", "Anyone"), *((str(each.pk), str(each)) for each in shown)]


def _workflows(user: User) -> list[tuple[str, str]]:
    return [("", "Any workflow"), *workflow_choices(user)]


def _task_id_in(text: str) -> int | None:
    number = _NUMBER.fullmatch(text.strip())
    return int(number[1]) if number else None
