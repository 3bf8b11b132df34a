"""What the palette suggests for the text that a person types: only what they may open."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from django.db.models import F, Q
from django.urls import ResolverMatch, reverse

from pipelines_portal.accounts.models import Theme, User
from pipelines_portal.api_client.models import CREATABLE_STATUSES
from pipelines_portal.api_client.task_status import icon_of, label_of
from pipelines_portal.core.unicode_forms import fold
from pipelines_portal.entry.imports.lists import HAS_REQUESTS, LARGE_COLUMNS
from pipelines_portal.entry.models import Sheet, TypedDraft
from pipelines_portal.entry.models.form import Preset
from pipelines_portal.guide.templatetags.guide import help_address
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.submissions.origin import title_of
from pipelines_portal.submissions.reads import read_made
from pipelines_portal.submissions.search.excerpts import MarkedPart, Match, marked_text, matches
from pipelines_portal.submissions.search.queries import SearchQuery, find_page
from pipelines_portal.submissions.search_words import Term, terms_in
from pipelines_portal.task_index.models import GONE, IndexedTask
from pipelines_portal.tasks.conditions import LONGEST_TEXT as LONGEST_QUESTION
from pipelines_portal.tasks.conditions import Conditions
from pipelines_portal.tasks.models import SavedView
from pipelines_portal.workflows.fields.reading.words import words_in
from pipelines_portal.workflows.forms import OpenWorkflowsForm
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.titles import titles_of_workflows

MOST_SHOWN, MOST_ROWS, MOST_KEYS_TO_ADD = 6, 5, 4
# Names are compared here, because SQLite compares only ASCII letters without their case.
MOST_WORKFLOWS, MOST_NAMES = 1000, 1000
LONGEST_TEXT = 120
# One letter is looked for in names, not in everything that was sent.
SHORTEST_TEXT = 2
_IS_URL = re.compile(r"https?://|\b(?:workflow|pipeline)s?/\d")
_IS_LIST = re.compile(r"\d[\s,;]+#?\d")
# What can be done in a workflow: the words before its name, the URL's name, the icon, and other words that people type.
COMMANDS = (
    ("Type rows in", "sheets:new", "draft", "grid"),
    ("Import into", "imports:new", "file", "file paste csv xlsx spreadsheet"),
    ("Upload files to", "uploads:choose", "upload", "zip import"),
    ("Export tasks of", "tasks:list", "down", "csv download"),
    ("Rules of", "rules:list", "check", "checks warnings"),
    ("Lists of", "lists:list", "file", "customers codes"),
)
# The label and the words of each theme.
THEMES = {
    Theme.DARK: ("Dark mode", "theme colors night"),
    Theme.LIGHT: ("Light mode", "theme colors day"),
    Theme.SYSTEM: ("Colors of the system", "theme mode dark light"),
}
# A shorter word is looked for in other things than commands.
SHORTEST_COMMAND = 3
PLACES = (
    ("Home", "overview:home", "home"),
    ("Needs attention", "attention:list", "escalated"),
    ("Sent", "submissions:list", "sent"),
    ("Drafts", "drafts:list", "draft"),
    ("Notifications", "notifications:list", "info"),
    ("API keys", "keys:list", "key"),
    ("Team", "people:list", "people"),
    ("System", "system:page", "info"),
    ("Account", "accounts:account", "people"),
    # Its page depends on the page behind the palette, and on the person.
    ("Help", "", "unconfirmed"),
)
# What everybody who uses the workflow may open.
FOR_SETUP = {"rules:list", "lists:list"}
FOR_ADMINISTRATORS = {"system:page"}


@dataclass(frozen=True)
class Option:
    """A suggestion that leads to `url`, and by Shift Enter to `second`.

    `where` says what or where it is. `status` gives the icon its color; without an icon it is that of a dot.
    """

    url: str
    parts: list[MarkedPart]
    where: str = ""
    icon: str = ""
    status: str = ""
    is_closed: bool = False
    second: str = ""
    # The values in which a search found it, with the titles of their fields as names.
    matches: tuple[Match, ...] = ()
    # The theme that it switches to.
    theme: str | None = None
    # The key that opens it, for an option that is the second action of the one above.
    key: str = ""


@dataclass(frozen=True)
class ResultGroup:
    title: str
    options: list[Option]


class WorkflowResult(NamedTuple):
    pk: int
    key_id: int
    workflow_id: int
    name: str
    status: str
    has_file_fields: bool
    title_field: str
    is_hidden: bool | None
    visited_at: datetime | None


@dataclass
class Palette:
    """The suggestions for `query`, on the page of `match`. `last_key` is the key that the person used last."""

    user: User
    query: str
    match: ResolverMatch | None = None
    last_key: int = 0
    terms: list[Term] = field(init=False)
    words: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.query = self.query.strip()[:LONGEST_QUESTION]
        self.task_id = Conditions(words=self.query).task_id
        self.terms = terms_in(self.query)
        self.words = [word for term in self.terms for word in term.words]

    @cached_property
    def keys(self) -> dict[int, str]:
        """The names of the keys that the person may use."""
        return dict(SavedKey.objects.usable_by(self.user).order_by("name", "pk").values_list("pk", "name"))

    @cached_property
    def key_id(self) -> int:
        """The key in use: that of the page, or the last one used, or the first by name. 0: there is none."""
        here = self.match.kwargs.get("key_id") if self.match else None
        return next((key for key in (here, self.last_key, *self.keys) if key in self.keys), 0)

    @cached_property
    def workflows(self) -> list[WorkflowResult]:
        """The workflows of these keys: pinned ones, then those visited last."""
        found = OpenedWorkflow.objects.filter(key__in=list(self.keys)).marked_by(self.user).recent_first()
        return [WorkflowResult._make(row) for row in found.values_list(*WorkflowResult._fields)[:MOST_WORKFLOWS]]

    @cached_property
    def by_place(self) -> dict[tuple[int, int], WorkflowResult]:
        return {(one.key_id, one.workflow_id): one for one in self.workflows}

    def groups(self) -> list[ResultGroup]:
        found = self._matching() if self.query else [ResultGroup("Recent workflows", self._recent()), self._places()]
        return [group for group in found if group.options]

    def _matching(self) -> Iterable[ResultGroup]:
        yield from self._workflow_groups()
        yield ResultGroup("Commands", [*self._workflow_commands(), *self._themes()][:MOST_SHOWN])
        yield ResultGroup("Not in your list", self._to_add())
        if self.words:
            yield ResultGroup("Tasks", self._tasks())
            yield ResultGroup("Imports", self._imports())
            yield ResultGroup("Views", self._views())
            yield ResultGroup("Presets", self._presets())
            yield ResultGroup("Drafts", self._drafts())
            yield self._places()
        everything = [MarkedPart("All text matches for “"), MarkedPart(self.query, is_match=True), MarkedPart("”")]
        url = f"{reverse('search:search')}?{urlencode({'q': self.query})}"
        yield ResultGroup("Search", [Option(url, everything, icon="search")])

    # Workflows

    def _recent(self) -> list[Option]:
        """Return those visited last, and then those that were never visited."""
        in_sight = [one for one in self.workflows if not one.is_hidden]
        in_sight.sort(key=lambda one: one.visited_at.timestamp() if one.visited_at else 0, reverse=True)
        return [self._workflow(one) for one in in_sight[:MOST_SHOWN]]

    def _workflow_groups(self) -> Iterable[ResultGroup]:
        """Return the workflows of the key in use, then those of each other key under its name."""
        ids = set(self._pasted_ids)
        if self.task_id is not None:
            ids.add(self.task_id)
        by_id = [one for one in self.workflows if one.workflow_id in ids]
        by_name = best(self.workflows, lambda one: one.name, self.words)
        found = [*by_id, *(one for one in by_name if one not in by_id and not one.is_hidden)]
        for key in sorted(self.keys, key=lambda key: key != self.key_id):
            shown = [one for one in found if one.key_id == key][:MOST_SHOWN]
            options = [replace(self._workflow(one), where="Tasks") for one in shown]
            if options and options[0].second:
                label = [MarkedPart("New task in "), *options[0].parts]
                options.insert(1, Option(options[0].second, label, icon="plus", key="⇧ ⏎"))
            yield ResultGroup("Workflows" if key == self.key_id else self.keys[key], options)

    def _workflow(self, one: WorkflowResult) -> Option:
        place, accepts_tasks = [one.key_id, one.workflow_id], one.status in CREATABLE_STATUSES
        create = "uploads:choose" if one.has_file_fields else "new_task:create"
        return Option(
            reverse("tasks:list", args=place),
            marked(one.name, self.words),
            "Tasks" if one.key_id == self.key_id else self.keys[one.key_id],
            status=one.status,
            is_closed=not accepts_tasks,
            second=reverse(create, args=place) if accepts_tasks and self.user.may_send else "",
        )

    @cached_property
    def _pasted_ids(self) -> list[int]:
        """The IDs in a pasted URL of a workflow, or in a list of several."""
        if not _IS_URL.search(self.query) and not _IS_LIST.search(self.query):
            return []
        form = OpenWorkflowsForm({"workflow": self.query})
        return form.cleaned_data["workflow"] if form.is_valid() else []

    def _to_add(self) -> list[Option]:
        """Return an option for each key with which the workflows can be added, the one in use first."""
        known = {one.workflow_id for one in self.workflows}
        missing = [workflow_id for workflow_id in self._pasted_ids if workflow_id not in known]
        if not missing:
            return []
        ids = ", ".join(map(str, missing))
        label = [MarkedPart(f"Add workflow {ids}" if len(missing) == 1 else f"Add workflows {ids}")]
        keys = sorted(self.keys, key=lambda key: key != self.key_id)[:MOST_KEYS_TO_ADD]
        query = urlencode({"open": ids})
        return [
            Option(f"{reverse('workflows:list', args=[key])}?{query}", label, self.keys[key], icon="plus")
            for key in keys
        ]

    # Commands

    def _workflow_commands(self) -> Iterable[Option]:
        """Return commands that the words name, in the workflow of the page and in those visited last."""
        here = self._workflow_of_page()
        workflows = [*([here] if here else []), *(one for one in self.workflows if one != here and not one.is_hidden)]
        for label, name, icon, more in COMMANDS:
            verbs = [word for word in self.words if _is_begun(word, f"{label} {more}")]
            if not any(len(word) >= SHORTEST_COMMAND for word in verbs):
                continue
            others = [word for word in self.words if word not in verbs]
            for workflow in best(workflows, lambda one: one.name, others):
                if self._may(name, workflow):
                    url = reverse(name, args=[workflow.key_id, workflow.workflow_id])
                    url += "#export" if name == "tasks:list" else ""
                    where = "" if workflow.key_id == self.key_id else self.keys[workflow.key_id]
                    yield Option(url, marked(f"{label} {workflow.name}", self.words), where, icon)

    def _may(self, name: str, workflow: WorkflowResult) -> bool:
        if name == "tasks:list":
            # A list has the command itself: palette.js adds it.
            return not (self.match and self.match.view_name == name)
        if name in FOR_SETUP:
            return True
        is_open = workflow.status in CREATABLE_STATUSES and self.user.may_send
        return is_open and workflow.has_file_fields == (name == "uploads:choose")

    def _themes(self) -> Iterable[Option]:
        for theme, (label, more) in THEMES.items():
            is_named = bool(self.words) and all(_is_begun(word, f"{label} {more}") for word in self.words)
            if is_named and theme != self.user.theme:
                url = f"{reverse('accounts:account')}#theme"
                yield Option(url, marked(label, self.words), icon="info", theme=theme.value)

    def _workflow_of_page(self) -> WorkflowResult | None:
        kwargs = self.match.kwargs if self.match else {}
        return self.by_place.get((kwargs.get("key_id", 0), kwargs.get("workflow_id", 0)))

    # Tasks

    def _tasks(self) -> list[Option]:
        """Return the task with the ID in each workflow that is known to have it, then rows with the words."""
        task_id, found = self.task_id, []
        if task_id or max(map(len, self.words)) >= SHORTEST_TEXT:
            found = find_page(self.user, SearchQuery(self.terms), count=MOST_ROWS).rows
        ids = {row.task_id for row in found if row.task_id} | ({task_id} if task_id else set())
        statuses = self._statuses(ids)
        by_id = self._tasks_by_id(task_id, statuses) if task_id else []
        workflows = [self.by_place.get((row.submission.key_id or 0, row.submission.workflow_id)) for row in found]
        titles = titles_of_workflows({one.pk for one in workflows if one}) if found else {}
        rows = zip(found, workflows, strict=True)
        return [*by_id, *(self._row(row, one, titles.get(one.pk, {}) if one else {}, statuses) for row, one in rows)]

    def _statuses(self, task_ids: set[int]) -> dict[tuple[int, int, int], str]:
        """Return the statuses in the index, by key, workflow and task."""
        if not task_ids or not self.workflows:
            return {}
        by_pk = {one.pk: one for one in self.workflows}
        indexed = IndexedTask.objects.filter(index__workflow__in=list(by_pk), task_id__in=task_ids).exclude(status=GONE)
        rows = indexed.order_by("task_id").values_list("index__workflow", "task_id", "status")
        return {(by_pk[pk].key_id, by_pk[pk].workflow_id, task_id): status for pk, task_id, status in rows}

    def _tasks_by_id(self, task_id: int, statuses: dict[tuple[int, int, int], str]) -> list[Option]:
        values = {
            (made.key_id, made.workflow_id): made.fields or {}
            for made in read_made(self.user, list(self.keys), [task_id])
        }
        places = sorted({*values, *((key, workflow) for key, workflow, task in statuses if task == task_id)})
        return [
            self._task((*place, task_id), values.get(place, {}), statuses.get((*place, task_id), ""))
            for place in places[:MOST_SHOWN]
        ]

    def _task(self, place: tuple[int, int, int], values: dict[str, Any], status: str) -> Option:
        key, workflow_id, task_id = place
        workflow = self.by_place.get((key, workflow_id))
        text = title_of(values, workflow.title_field if workflow else "")[:LONGEST_TEXT]
        label = [
            MarkedPart("Task "),
            MarkedPart(str(task_id), is_match=True),
            *([MarkedPart(f" · {text}")] if text else []),
        ]
        where = workflow.name if workflow else f"Workflow {workflow_id}"
        url = reverse("tasks:detail", args=place)
        return Option(url, label, where, icon=icon_of(status) if status else "sent", status=status)

    def _row(
        self,
        row: SubmissionRow,
        workflow: WorkflowResult | None,
        titles: dict[str, str],
        statuses: dict[tuple[int, int, int], str],
    ) -> Option:
        """Return the option of a row that was sent: its task, or its submission if the person cannot open the task."""
        submission, fields = row.submission, row.fields or {}
        text = title_of(fields, workflow.title_field if workflow else "")[:LONGEST_TEXT]
        parts = marked_text(text, self.terms)
        found = tuple(
            replace(match, name=titles.get(match.name) or match.name) for match in matches(fields, self.terms, text)
        )
        if not row.task_id or not submission.key_id or not getattr(row, "is_key_usable", False):
            url = reverse("submissions:detail", args=[submission.pk])
            return Option(url, parts, row.get_status_display(), icon="sent", matches=found)
        place = submission.key_id, submission.workflow_id, row.task_id
        status = statuses.get(place, "")
        where = label_of(status) if status else row.get_status_display()
        icon = icon_of(status) if status else "sent"
        parts = [MarkedPart(f"{row.task_id} · "), *parts]
        return Option(reverse("tasks:detail", args=place), parts, where, icon, status, matches=found)

    # Views, imports, presets, drafts

    def _views(self) -> list[Option]:
        """Return the person's own views, and those of their teams that use the key."""
        of_teams = Q(team__memberships__user=self.user, team__key_shares__key=F("key"))
        found = SavedView.objects.filter(Q(person=self.user) | of_teams, key__in=list(self.keys)).order_by("name", "pk")
        views = [view for view in found[:MOST_NAMES] if (view.key_id, view.workflow_id) in self.by_place]
        return [
            Option(
                f"{reverse('tasks:list', args=[view.key_id, view.workflow_id])}?view={view.pk}&{view.query}",
                marked(view.name, self.words),
                f"View of {self.by_place[view.key_id, view.workflow_id].name}",
                icon="search",
            )
            for view in best(views, lambda view: view.name, self.words)[:MOST_ROWS]
        ]

    def _imports(self) -> list[Option]:
        visible = Sheet.objects.visible_to(self.user).exclude(status=Sheet.Status.DELETED)
        names = visible.values_list("pk", "file_name")[:MOST_NAMES]
        found = [pk for pk, _ in best(names, lambda row: row[1], self.words)[:MOST_ROWS]]
        if not found:
            return []
        jobs = visible.filter(pk__in=found).defer(*LARGE_COLUMNS).annotate(has_requests=HAS_REQUESTS)
        by_pk = {job.pk: job for job in jobs}
        return [
            Option(job.get_absolute_url(), marked(job.file_name, self.words), job.workflow_name, icon="file")
            for pk in found
            if (job := by_pk.get(pk))
        ]

    def _presets(self) -> list[Option]:
        """Return presets of the workflow of the page. Each opens the form with its values."""
        workflow = self._workflow_of_page()
        if workflow is None or not self.user.may_send:
            return []
        of_workflow = Preset.objects.filter(key=workflow.key_id, workflow_id=workflow.workflow_id)
        names = of_workflow.offered_to(self.user).values_list("pk", "name")[:MOST_NAMES]
        form = reverse("new_task:create", args=[workflow.key_id, workflow.workflow_id])
        return [
            Option(f"{form}?preset={pk}", marked(name, self.words), f"Preset in {workflow.name}", icon="draft")
            for pk, name in best(names, lambda row: row[1], self.words)[:MOST_ROWS]
        ]

    def _drafts(self) -> list[Option]:
        """Return forms that the person began, by the names of their workflows. Unsent imports are with the imports."""
        if not self.user.may_send:
            return []
        typed = TypedDraft.objects.filter(owner=self.user).order_by("-saved_at").values_list("key", "workflow_id")
        begun = [self.by_place[place] for place in typed[:MOST_NAMES] if place in self.by_place]
        return [
            Option(
                reverse("new_task:create", args=[one.key_id, one.workflow_id]),
                marked(_draft_label(one), self.words),
                "" if one.key_id == self.key_id else self.keys[one.key_id],
                icon="draft",
            )
            for one in best(begun, _draft_label, self.words)[:MOST_ROWS]
        ]

    # Places

    def _places(self) -> ResultGroup:
        places = [place for place in PLACES if self.user.is_administrator or place[1] not in FOR_ADMINISTRATORS]
        found = best(places, lambda place: place[0], self.words)
        options = [
            Option(reverse(name) if name else self._help_address(), marked(label, self.words), icon=icon)
            for label, name, icon in found
        ]
        return ResultGroup("Go to", options)

    def _help_address(self) -> str:
        is_lead = self.user.memberships.filter(is_lead=True).exists()
        page = self.match.view_name if self.match else ""
        return help_address(page, is_lead=is_lead, is_administrator=self.user.is_administrator)


def _is_begun(word: str, text: str) -> bool:
    """Return whether the text has the folded word, or one that begins with it."""
    return any(each == word or (len(word) >= SHORTEST_COMMAND and each.startswith(word)) for each in words_in(text))


def _draft_label(workflow: WorkflowResult) -> str:
    return f"Draft in {workflow.name}"


Item = TypeVar("Item")


def best(items: Iterable[Item], name_of: Callable[[Item], str], words: list[str]) -> list[Item]:
    """Return the items whose names contain all of the folded words, those first whose names begin with them."""
    ranked = ((_rank(fold(name_of(item)), words), item) for item in items)
    return [item for _, item in sorted((pair for pair in ranked if pair[0] < 3), key=lambda pair: pair[0])]


def _rank(name: str, words: list[str]) -> int:
    """Return 0 if the folded name begins with the words, 1 if its words do, 2 if it contains them, 3 if not."""
    if not all(word in name for word in words):
        return 3
    if name.startswith(" ".join(words)):
        return 0
    return 1 if all(re.search(rf"(?<![^\W_]){re.escape(word)}", name) for word in words) else 2


def marked(text: str, words: list[str]) -> list[MarkedPart]:
    """Return the text in parts, of which those are marked that match the folded words."""
    folded = [fold(sign) for sign in text]
    # The position in the text of each character of the folded text.
    positions = [at for at, signs in enumerate(folded) for _ in signs]
    hits = [False] * len(text)
    for word in words:
        for match in _spots("".join(folded), word):
            first, last = positions[match.start()], positions[match.end() - 1]
            # Accents that are characters of their own fold to nothing, and belong to the letter before them.
            while last + 1 < len(text) and not folded[last + 1]:
                last += 1
            hits[first : last + 1] = [True] * (last + 1 - first)
    parts: list[MarkedPart] = []
    for sign, is_hit in zip(text, hits, strict=True):
        if parts and parts[-1].is_match == is_hit:
            parts[-1] = MarkedPart(parts[-1].text + sign, is_hit)
        else:
            parts.append(MarkedPart(sign, is_hit))
    return parts


def _spots(folded: str, word: str) -> list[re.Match[str]]:
    """Return the beginnings of words that match, or else all places."""
    begins = list(re.finditer(rf"(?<![^\W_]){re.escape(word)}", folded))
    return begins or list(re.finditer(re.escape(word), folded))
