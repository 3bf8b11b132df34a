"""The filters of the list of submissions, as its URL has them."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any
from urllib.parse import quote, unquote, urlencode

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.bounds import LARGEST_ID
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.import_states import imports_of_status
from pipelines_portal.submissions.models import BATCH, WITH_ACCEPTED, Submission, SubmissionRow, Submissions
from pipelines_portal.submissions.search.queries import NEWEST, SearchQuery, find, seen_by
from pipelines_portal.submissions.search_words import terms_in
from pipelines_portal.submissions.team import above_the_floor, looked_after, older_than, people_of
from pipelines_portal.web.parameters import number_in
from pipelines_portal.workflows.permissions import workflow_choices

TEAM = "team"
FIRST_DAY, LAST_DAY = date(2, 1, 1), date(9998, 12, 31)
# Those of submissions, and those that only an import has.
STATUSES = [
    *((value, "Unconfirmed (maybe created)" if value == Submission.Status.UNCONFIRMED else label)
      for value, label in Submission.Status.choices),
    ("paused", "Paused"),
]  # fmt: skip
NEGATABLE = ("workflow", "kind", "status", "import", "warnings")
NARROWING = ("without", "workflow", "kind", "status", "warnings", "since", "until", "import", "q")
# Of the rows that contain the words, the newest count.
MOST_ROWS_FOUND = 2_000
LONGEST_TEXT, LONGEST_WITHOUT = 200, 1_000
MOST_COUNTED = 1_000


class SentFilterForm(forms.Form):
    """The filters. `who` is "" for one's own submissions, "team" for everyone's, else a person's ID."""

    who = forms.ChoiceField(required=False, label="Sent by")
    workflow = forms.ChoiceField(required=False, label="Workflow")
    kind = forms.ChoiceField(choices=[("", "All types"), *Submission.Kind.choices], required=False, label="Type")
    status = forms.ChoiceField(choices=[("", "All statuses"), *STATUSES], required=False, label="Status")
    warnings = forms.ChoiceField(
        choices=[("", "All rows"), ("accepted", "With accepted warnings")], required=False, label="Warnings"
    )
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    # "off" shows each of a person's single tasks.
    fold = forms.ChoiceField(choices=[("", ""), ("off", "off")], required=False, widget=forms.HiddenInput)

    # Conditions that must not hold, such as "status=rejected import=May%20tickets": see written_without.
    without = forms.CharField(required=False, max_length=LONGEST_WITHOUT, widget=forms.HiddenInput)

    # Words, and conditions that were typed among them: see typed_filters.py.
    q = forms.CharField(required=False, max_length=LONGEST_TEXT)

    def __init__(self, user: User, data: Any) -> None:
        super().__init__(data)
        self.fields["import"] = forms.CharField(required=False, max_length=LONGEST_TEXT)
        self.user, self.keys = user, looked_after(user)
        people = shown_people(people_of(user).exclude(pk=user.pk), person_in(data.get("who")))
        self.people = {str(each.pk): each for each in people}
        # Those who sent may have left since.
        self.has_team = bool(self.people) or any(self.keys.values())
        others = [(TEAM, "Everyone"), *((number, str(each)) for number, each in self.people.items())]
        self.fields["who"].choices = [("", "Me"), *(others if self.has_team else [])]  # type: ignore[attr-defined]
        workflows = _with_requested(workflow_choices(user), data)
        self.fields["workflow"].choices = [("", "All workflows"), *workflows]  # type: ignore[attr-defined]

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "“To” can’t be before “From”.")

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """The conditions that must not hold, as names and values. Unknown ones are ignored."""
        pairs = (each.partition("=") for each in (self.cleaned_data.get("without") or "").split())
        known = ((name, unquote(value)) for name, _, value in dict.fromkeys(pairs) if name in NEGATABLE and value)
        return [(name, value) for name, value in known if name == "import" or value in self._choices_of(name)]

    def _choices_of(self, name: str) -> dict[str, str]:
        return dict(self.fields[name].choices)  # type: ignore[attr-defined]

    @cached_property
    def found_by_words(self) -> Q:
        """The submissions of files with the words in their names, and those of rows that contain the words."""
        words = self.cleaned_data["q"]
        terms = terms_in(words)
        rows = find(seen_by(self.user), SearchQuery(terms=terms), NEWEST, MOST_ROWS_FOUND) if terms else []
        of_rows = SubmissionRow.objects.filter(pk__in=rows).order_by().values("submission")
        of_files = Q(group_name__icontains=words) | Q(zip_upload__file_name__icontains=words)
        return of_files | Q(pk__in=of_rows)

    @property
    def is_narrowed(self) -> bool:
        """Whether the list has more than one's own, or only a part of it."""
        return any(self.cleaned_data.get(name) for name in ("who", *NARROWING))

    def query(self, **changed: Any) -> str:
        """Return the query string ("?…") of these filters, with `changed` replacing some of them."""
        said = {name: str(value or "") for name, value in (self.cleaned_data | changed).items()}
        return f"?{urlencode({name: value for name, value in said.items() if value})}"

    def as_data(self) -> dict[str, str]:
        """Return data from which `SentFilterForm` can be made again."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


def written_without(conditions: Iterable[tuple[str, str]]) -> str:
    """Return conditions that must not hold, as names of NEGATABLE and values, in the way in which a URL has them."""
    return " ".join(f"{name}={quote(value)}" for name, value in conditions)


def newest(
    form: SentFilterForm, before: Submission | None, count: int, *, first_of_imports_in: Submissions | None = None
) -> list[Submission]:
    """Return the newest `count` submissions older than `before` that match the form and that its person may see.

    With `first_of_imports_in`, which is `all_of(form)`, only the first one of each import.
    """
    who = form.cleaned_data["who"]
    seen = Submission.objects.visible_to(form.user) if who else Submission.objects.filter(owner=form.user)
    found = older_than(_listed(seen, form), before)
    if first_of_imports_in is not None:
        found = first_of_imports(found, first_of_imports_in)
    # One after the other: of both together no index has the order.
    of_status = [found.filter(condition) for condition in _status_conditions(form)]
    parts = [part.as_listed()[:count] for each in of_status for part in _by_sender(each, form, count)]
    if len(parts) == 1:
        return list(parts[0])
    return sorted(chain(*parts), key=lambda one: (one.created_at, one.pk), reverse=True)[:count]


def _by_sender(found: Submissions, form: SentFilterForm, count: int) -> list[Submissions]:
    """Filter by sender. Everyone's are in two parts: one's own may be sent with keys that others look after."""
    who = form.cleaned_data["who"]
    if not who:
        return [found]
    if who != TEAM:
        return [found.filter(owner=form.people[who])]
    return [above_the_floor(found, form.keys, count), found.filter(owner=form.user).exclude(key__in=form.keys)]


def all_of(form: SentFilterForm) -> Submissions:
    """Return the same submissions as `newest` in no order, to be counted."""
    who = form.cleaned_data["who"]
    if not who:
        return narrowed(Submission.objects.filter(owner=form.user), form)
    visible = Submission.objects.visible_to(form.user)
    # As in `newest`: the indexes by key and by owner are sorted by day.
    everyone = Q(key__in=form.keys) | Q(owner=form.user)
    return narrowed(visible.filter(everyone if who == TEAM else Q(owner=int(who))), form)


def count_by_everyone(form: SentFilterForm) -> int:
    """Return how many imports and single tasks the same filters have under Everyone, at most MOST_COUNTED."""
    everyone = SentFilterForm(form.user, form.as_data() | {"who": TEAM})
    if not everyone.is_valid():
        return 0
    found = all_of(everyone)
    return first_of_imports(found, found)[:MOST_COUNTED].count()


def first_of_imports(found: Submissions, everything: Submissions) -> Submissions:
    """Leave out each batch of an import before which another one is in `everything`."""
    earlier = everything.filter(group=OuterRef("group"), group_number__lt=OuterRef("group_number"))
    return found.filter(Q(group=None) | ~Exists(earlier))


def narrowed(submissions: Submissions, form: SentFilterForm) -> Submissions:
    return _narrowed(submissions, form).filter(reduce(or_, _status_conditions(form)))


def _narrowed(submissions: Submissions, form: SentFilterForm) -> Submissions:
    """Filter by everything but the status."""
    said = form.cleaned_data
    wanted = {
        "workflow_id": said["workflow"],
        "kind": said["kind"],
        "created_at__gte": midnight(said["since"]),
        "created_at__lt": midnight(said["until"], 1),
    }
    found = submissions.sent().filter(**{name: value for name, value in wanted.items() if value})
    found = found.filter(WITH_ACCEPTED) if said["warnings"] else found
    found = found.filter(group_name__icontains=said["import"]) if said["import"] else found
    found = found.filter(form.found_by_words) if said["q"] else found
    for name, value in form.left_out:
        found = found.exclude(_condition(form.user, name, value))
    return found if said["kind"] in ("", Submission.Kind.FORM) else found.filter(BATCH)


def _condition(user: User, name: str, value: str) -> Q:
    """Return the condition of one filter."""
    match name:
        case "status":
            return reduce(or_, _conditions_of_status(user, value))
        case "warnings":
            return WITH_ACCEPTED
        case "import":
            return Q(group_name__icontains=value)
    return Q(workflow_id=value) if name == "workflow" else Q(kind=value)


def _status_conditions(form: SentFilterForm) -> list[Q]:
    """Return the conditions of which one must hold."""
    status = form.cleaned_data["status"]
    return _conditions_of_status(form.user, status) if status else [Q()]


def _conditions_of_status(user: User, status: str) -> list[Q]:
    """Return the conditions of which one must hold. A visible import has one status, whatever its batches have."""
    imports = imports_of_status(user, status)
    return [*_of_batches(status, ~Q(group__in=imports.visible)), Q(group__in=imports.matching)]


def _of_batches(status: str, others: Q) -> list[Q]:
    """As `Submission.shown_status`: uploads that left rows out are created only in part."""
    left_out = Q(kind=Submission.Kind.ZIP, zip_upload__rows_left_out__gt=0)
    if status == Submission.Status.CREATED:
        return [Q(status=status) & ~left_out & others]
    if status == Submission.Status.PARTLY_CREATED:
        return [Q(status=status) & others, Q(status=Submission.Status.CREATED) & left_out]
    return [Q(status=status) & others]


def _listed(submissions: Submissions, form: SentFilterForm) -> Submissions:
    """Filter, except by status, and set `is_key_usable` of each: True if the person may see its tasks."""
    usable = SavedKey.objects.usable_by(form.user).filter(pk=OuterRef("key"))
    return _narrowed(submissions, form).annotate(is_key_usable=Exists(usable))


def midnight(day: date | None, days_later: int = 0) -> datetime | None:
    """Return the start of the day in the person's time zone."""
    if day is None:
        return None
    day = min(max(day, FIRST_DAY), LAST_DAY)
    return timezone.make_aware(datetime.combine(day + timedelta(days=days_later), time()))


def _with_requested(workflows: list[tuple[str, str]], data: Any) -> list[tuple[str, str]]:
    """Add the workflow of the URL, which may have been closed since."""
    requested = number_in(str(data.get("workflow", "")), LARGEST_ID)
    is_listed = requested is None or str(requested) in dict(workflows)
    return workflows if is_listed else [*workflows, (str(requested), f"Workflow {requested}")]


# More than a select shows well; of all others a link of the list leads to what they sent.
MOST_PEOPLE = 100


def person_in(text: Any) -> int:
    """Return the person's ID in a URL, or 0."""
    return number_in(str(text or ""), LARGEST_ID) or 0


def shown_people(people: QuerySet[User], requested: int) -> list[User]:
    """Return as many people as a select shows, sorted by name, and the one whose ID is `requested`."""
    first = User.objects.filter(pk__in=people.values("pk")[:MOST_PEOPLE]).order_by().values("pk")
    shown = first.union(people.filter(pk=requested).order_by().values("pk"))
    named = User.objects.filter(pk__in=shown).order_by().only("pk", "name", "email")
    return sorted(named, key=lambda person: (person.name.lower(), person.email))
