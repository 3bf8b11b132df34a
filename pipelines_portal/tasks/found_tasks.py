"""Lists of tasks from the index and from what was sent, for conditions that the API has no list for.

Tasks of a status that is not finished are few, and so are those of a day: they are read from the index. Others are read
from what was sent, newest first, where they have a sender, an import or words. Both also serve while Pipelines is away.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from itertools import chain, repeat
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import NodeSummary, PipelinesClient, PipelinesError, Task, TaskStatus
from pipelines_portal.api_client.bounds import LARGEST_ID
from pipelines_portal.api_client.task_status import CAN_BE_STUCK, NEEDS_ATTENTION
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.ids_given_again import is_same_task
from pipelines_portal.submissions.import_states import states_of_imports
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.submissions.origin import Brief, briefs_across
from pipelines_portal.submissions.search import queries
from pipelines_portal.submissions.search.queries import (
    NEWEST,
    SearchQuery,
    SentTask,
    find_page,
    find_tasks,
    read_sent,
    seen_by,
)
from pipelines_portal.submissions.search_words import Term, terms_in
from pipelines_portal.task_index.models import CLOCKS_DIFFER, GONE, LISTED, IndexedTask, WorkflowIndex
from pipelines_portal.task_index.reads import TO_SHOW
from pipelines_portal.tasks.conditions import ANYONE, ME, OPEN, Conditions
from pipelines_portal.tasks.merged_list import ATTENTION, no_such_page
from pipelines_portal.tasks.value_tests import matches_all
from pipelines_portal.web.parameters import number_in, uuid_in
from pipelines_portal.workflows.models import OpenedWorkflow

# Of a task that was sent from here, and that the index has not read yet.
CREATED = "created"
# Around midnight, tasks may have been created in another order than that of their ids.
OUT_OF_ORDER = 200
MOST_PEOPLE = 50
# More workflows than anybody uses.
MOST_WORKFLOWS = 1000


@dataclass(frozen=True)
class FoundTask:
    """A task of the list, or a row that became no task. `number` is the row in the file of the import in question."""

    key_id: int | None
    workflow_id: int
    task: Task | None
    number: int | None = None
    row: SubmissionRow | None = None
    brief: Brief | None = None

    @property
    def place(self) -> tuple[int, int, int]:
        return self.key_id or 0, self.workflow_id, self.task.id if self.task else 0


@dataclass(frozen=True)
class FoundPage:
    """A page. `is_cut`: so much was read for it that the rest is left to the next page."""

    tasks: list[FoundTask]
    next_cursor: str = ""
    is_cut: bool = False


@dataclass(frozen=True)
class Scope:
    """What a list is of: one workflow, or all that the reader may see. `indexes` has the workflows by their indexes."""

    reader: User
    workflow: OpenedWorkflow | None = None
    indexes: dict[int, OpenedWorkflow] = field(default_factory=dict)
    index: WorkflowIndex | None = None

    @classmethod
    def of_workflow(cls, reader: User, workflow: OpenedWorkflow, *, watch: bool = False) -> "Scope":
        """`watch`: start or continue reading the workflow's tasks."""
        if watch:
            index: WorkflowIndex | None = WorkflowIndex.objects.watch([workflow])[workflow.pk]
        else:
            index = WorkflowIndex.objects.filter(workflow=workflow).first()
        return cls(reader, workflow, {index.pk: workflow} if index else {}, index)

    @classmethod
    def everywhere(cls, reader: User) -> "Scope":
        usable = SavedKey.objects.usable_by(reader).values("pk")
        indexed = OpenedWorkflow.objects.filter(key__in=usable, index__isnull=False).annotate(index_pk=F("index__pk"))
        return cls(reader, None, {one.index_pk: one for one in indexed[:MOST_WORKFLOWS]})  # type: ignore[attr-defined]


# --- what the conditions mean -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ResolvedConditions:
    """The conditions as the database reads them. `import_name` is "" if there is no such import.

    Of a task in the list, none of those in `negated` hold. `problem` is the group of tasks that need attention.
    """

    conditions: Conditions
    people: tuple[int, ...] | None = None
    group: UUID | None = None
    import_name: str = ""
    negated: "tuple[ResolvedConditions, ...]" = ()
    problem: ProblemGroup | None = None

    @property
    def of_submission(self) -> dict[str, Any]:
        """Return the filter of the submissions of a sender or an import."""
        people = {} if self.people is None else {"owner__in": self.people}
        return people | ({"group": self.group} if self.group else {})

    @property
    def is_impossible(self) -> bool:
        """Whether nobody has the name, or no file or group: nothing can be found then."""
        is_import_unknown = bool(self.conditions.import_) and self.group is None
        return self.people == () or is_import_unknown or (bool(self.conditions.group) and self.problem is None)

    @property
    def is_read_from_sent(self) -> bool:
        """Whether what was sent is read, newest first. Of tasks that are not finished there are few in the index."""
        conditions = self.conditions
        is_any_status = conditions.status in ("", TaskStatus.FINISHED) and not (conditions.stuck or conditions.group)
        return is_any_status and conditions.is_of_sent


def resolve(scope: Scope, conditions: Conditions) -> ResolvedConditions:
    people = _people(scope.reader, conditions.sent) if conditions.sent else None
    group, name = _import(scope, conditions.import_) if conditions.import_ else (None, "")
    negated = [resolve(scope, each) for each in conditions.negated]
    problem = _problem(scope, conditions.group) if conditions.group else None
    possible = tuple(each for each in negated if not each.is_impossible)
    return ResolvedConditions(conditions, people, group, name, possible, problem)


def _problem(scope: Scope, text: str) -> ProblemGroup | None:
    """Return the group of this workflow with this number, or of all workflows that the reader may use."""
    of_scope = scope.workflow.problem_groups.all() if scope.workflow else ProblemGroup.objects.of_user(scope.reader)
    return of_scope.filter(pk=number_in(text.removeprefix("#")) or 0).first()


def _people(reader: User, text: str) -> tuple[int, ...] | None:
    """Return the ids of the people that the text names; None for anyone."""
    if text.lower() == ANYONE:
        return None
    if text.lower() == ME:
        return (reader.pk,)
    people = User.objects.order_by("pk").values_list("pk", flat=True)
    named = people.filter(Q(email__iexact=text) | Q(name__iexact=text))
    some = people.filter(Q(email__icontains=text) | Q(name__icontains=text))
    return tuple(named) or tuple(some[:MOST_PEOPLE])


def _import(scope: Scope, text: str) -> tuple[UUID | None, str]:
    """Return the id and the file's name of an import that the reader may see: by its id, or the newest by its name."""
    sent = Submission.objects.filter(group__isnull=False)
    if scope.workflow:
        sent = sent.filter(key=scope.workflow.key_id, workflow_id=scope.workflow.workflow_id)
    if group := uuid_in(text):
        of_import = sent.filter(group=group).order_by()
        name = of_import.values_list("group_name", flat=True).first()
        is_visible = states_of_imports(scope.reader, [group]) or of_import.visible_to(scope.reader).exists()
        return (group, name or "Import") if name is not None and is_visible else (None, "")
    found = sent.visible_to(scope.reader).filter(group_name__icontains=text).values_list("group", "group_name").first()
    return found or (None, "")


# --- pages ------------------------------------------------------------------------------------------------------------


def find(scope: Scope, resolved: ResolvedConditions, cursor: str = "", limit: int = 0) -> FoundPage:
    """Return a page of tasks, newest first.

    Raise InvalidRequest for a cursor that no page of this list has.
    """
    limit = limit or resolved.conditions.limit
    if resolved.is_impossible:
        return FoundPage([])
    is_in_sent = bool(resolved.conditions.words) or resolved.is_read_from_sent
    if resolved.conditions.tests or (resolved.negated and is_in_sent):
        return find_by_values(scope, resolved, cursor, limit)
    if resolved.conditions.words:
        return _by_words(scope, resolved, cursor, limit)
    read = _from_sent if resolved.is_read_from_sent else _from_index
    return read(scope, resolved, cursor, limit)


def count_up_to(scope: Scope, resolved: ResolvedConditions, most: int) -> int:
    """Return how many tasks the list has, but not more than `most`."""
    if resolved.is_impossible:
        return 0
    if resolved.conditions.words or resolved.is_read_from_sent:
        return queries.count_up_to(scope.reader, _search_query(scope, resolved), most)
    return _indexed(scope, resolved).order_by()[:most].count()


def _from_index(scope: Scope, resolved: ResolvedConditions, cursor: str, limit: int) -> FoundPage:
    conditions = resolved.conditions
    # The tasks of several statuses are few. With "+ 0" they are read by status and sorted, not searched among all.
    is_of_several = conditions.status in (OPEN, ATTENTION) or (conditions.stuck_for and not conditions.status)
    tasks = _indexed(scope, resolved).alias(place=F("task_id") + 0 if is_of_several else F("task_id"))
    if cursor:
        tasks = tasks.filter(place__lt=_number(cursor, "known-"))
    found = list(tasks.order_by("-place")[: limit + 1])
    shown = found[:limit]
    page = [
        FoundTask(scope.indexes[one.index_id].key_id, scope.indexes[one.index_id].workflow_id, task_of(one))
        for one in shown
        if _can_be_shown(one)
    ]
    if resolved.group:
        numbers = _numbers_in_file(resolved.group, [one.task_id for one in shown])
        page = [replace(one, number=numbers.get(one.place[2])) for one in page]
    return FoundPage(page, f"known-{shown[-1].task_id}" if len(found) > limit else "")


def _indexed(scope: Scope, resolved: ResolvedConditions) -> "QuerySet[IndexedTask]":
    """Return the tasks of the index for which the conditions hold, except words."""
    conditions = resolved.conditions
    tasks = _with_status(_in_indexes(scope), conditions)
    since, until = conditions.days
    if since and until:
        tasks = tasks.filter(created_at__gte=since, created_at__lt=until)
        if conditions.status in ("", TaskStatus.FINISHED) and not conditions.stuck:
            tasks = tasks.filter(**_bounds(scope, since, until))
    if resolved.group:
        newest = find_tasks(None, SearchQuery(group=resolved.group), None, 1)
        tasks = tasks.filter(task_id__lte=newest[0].task_id if newest else 0)
    if resolved.problem:
        of_workflow = {"index__workflow": resolved.problem.workflow_id}
        tasks = tasks.filter(**of_workflow, task_id__in=resolved.problem.tasks.values("task_id"))
    if conditions.is_of_sent:
        tasks = tasks.filter(_was_sent(scope, resolved))
    return tasks.exclude(_holds_any(scope, resolved.negated)) if resolved.negated else tasks


def _holds_any(scope: Scope, others: Iterable[ResolvedConditions]) -> Q:
    """Return the condition that a task of the index is in one of the other lists."""
    return reduce(or_, (Q(Exists(_indexed(scope, each).order_by().filter(pk=OuterRef("pk")))) for each in others))


def _with_status(tasks: "QuerySet[IndexedTask]", conditions: Conditions) -> "QuerySet[IndexedTask]":
    status = conditions.status
    if conditions.stuck_for:
        late = timezone.now() - conditions.stuck_for
        tasks = tasks.filter(TO_SHOW, status__in=CAN_BE_STUCK, updated_at__lt=late)
    if status == ATTENTION:
        return tasks.filter(TO_SHOW, status__in=NEEDS_ATTENTION)
    if status == OPEN:
        return tasks.filter(LISTED, status__in=[each for each in TaskStatus if each.is_open])
    if status == TaskStatus.FINISHED:
        return tasks.filter(status=status, is_suspect=False)
    if status:
        return tasks.filter(LISTED, status=status)
    return tasks if conditions.stuck_for else tasks.exclude(status=GONE)


def _bounds(scope: Scope, since: datetime, until: datetime) -> dict[str, int]:
    """Return the range of the ids of tasks that were created in this time: ids grow as tasks are created."""
    of_scope = _in_indexes(scope)
    first = of_scope.filter(created_at__gte=since).order_by("created_at").values_list("task_id", flat=True)
    after = of_scope.filter(created_at__gte=until).order_by("created_at").values_list("task_id", flat=True)
    lowest, next_ones = min(first[:OUT_OF_ORDER], default=0), list(after[:OUT_OF_ORDER])
    return {"task_id__gte": lowest} | ({"task_id__lte": max(next_ones)} if next_ones else {})


def _was_sent(scope: Scope, resolved: ResolvedConditions) -> Q:
    """Return the condition that a task of the index was sent from here under the conditions.

    The submission is a subquery of its own, so that a database reads it behind the row and not all of a person's.
    """
    if workflow := scope.workflow:
        place: dict[str, Any] = {"key": workflow.key_id, "workflow_id": workflow.workflow_id}
    else:
        place = {
            "key": OuterRef(OuterRef("index__workflow__key")),
            "workflow_id": OuterRef(OuterRef("index__workflow__workflow_id")),
        }
    if resolved.people is not None:
        place["owner__in"] = resolved.people
    if resolved.group is not None:
        place["group"] = resolved.group
    submission = Exists(Submission.objects.filter(pk=OuterRef("submission"), **place))
    of_task = Q(submission, task_id=OuterRef("task_id"))
    rows, unattributed = SubmissionRow.objects.filter(of_task), UnattributedTask.objects.filter(of_task)
    return Q(Exists(rows)) | Q(Exists(unattributed))


def _search_query(scope: Scope, resolved: ResolvedConditions) -> SearchQuery:
    """Return the query for the search of submissions."""
    conditions, workflow = resolved.conditions, scope.workflow
    since, until = conditions.days
    rows = None
    if conditions.status not in ("", TaskStatus.FINISHED) or conditions.stuck or resolved.problem:
        of_index = conditions.but(words="", sent="", import_="", day="", where=())
        tasks = _indexed(scope, ResolvedConditions(of_index, problem=resolved.problem)).order_by()
        rows = SubmissionRow.objects.filter(task_id__in=tasks.values("task_id")).order_by().values("pk")
    return SearchQuery(
        terms=terms_in(conditions.words),
        people=resolved.people,
        key_id=workflow.key_id if workflow else None,
        workflow_id=workflow.workflow_id if workflow else number_in(conditions.workflow),
        group=resolved.group,
        since=since,
        until=until,
        task_status=TaskStatus.FINISHED if conditions.status == TaskStatus.FINISHED else "",
        rows=rows,
    )


def _from_sent(scope: Scope, resolved: ResolvedConditions, cursor: str, limit: int) -> FoundPage:
    reader, last = _reader_of_sent(scope, resolved), _last_sent(cursor)
    found = find_tasks(reader, _search_query(scope, resolved), last, limit + 1)
    shown = found[:limit]
    ended = shown[-1] if len(found) > limit else None
    return FoundPage(_sent_page(scope, resolved, shown), _after_sent(ended) if ended else "")


def _reader_of_sent(scope: Scope, resolved: ResolvedConditions) -> User | None:
    """Return None for a list of a workflow: everybody who may use the key sees there who sent a task."""
    return None if scope.workflow or resolved.people == (scope.reader.pk,) else scope.reader


def _last_sent(cursor: str) -> tuple[UUID, int] | None:
    """Return the submission and the task after which the page begins."""
    if not cursor:
        return None
    number, _, submission = cursor.removeprefix("sent-").partition("-")
    found = uuid_in(submission)
    if found is None or not cursor.startswith("sent-"):
        raise no_such_page()
    return found, _number(number)


def _after_sent(last: SentTask) -> str:
    return f"sent-{last.task_id}-{last.submission_id.hex}"


def _sent_page(scope: Scope, resolved: ResolvedConditions, sent: list[SentTask]) -> list[FoundTask]:
    """Return the tasks as the index knows them, without those whose IDs the API has given to others."""
    known = _known(scope, {(one.key_id or 0, one.workflow_id, one.task_id) for one in sent})
    others = _given_again(sent, known)
    return [
        FoundTask(
            one.key_id, one.workflow_id,
            known.get((one.key_id or 0, one.workflow_id, one.task_id)) or _new_task(one.task_id, one.sent_at),
            one.number if resolved.group else None,
        )
        for one in sent
        if (one.submission_id, one.task_id) not in others
    ]  # fmt: skip


def _given_again(sent: list[SentTask], known: dict[tuple[int, int, int], Task]) -> set[tuple[UUID, int]]:
    """Return the submissions and IDs of those of the sent tasks whose IDs the API has given to other tasks."""
    created = {
        (one.submission_id, one.task_id): task.created_at
        for one in sent
        if (task := known.get((one.key_id or 0, one.workflow_id, one.task_id)))
        and task.created_at - one.sent_at > CLOCKS_DIFFER
    }
    if not created:
        return set()
    found = Submission.objects.filter(pk__in={submission for submission, _ in created})
    times = dict(found.values_list("pk", "created_by"))
    return {each for each, at in created.items() if not is_same_task(at, times.get(each[0]))}


def _by_words(scope: Scope, resolved: ResolvedConditions, cursor: str, limit: int) -> FoundPage:
    search_query = _search_query(scope, resolved)
    if not search_query.terms:
        return FoundPage([])
    before = _number(cursor, "row-") if cursor else NEWEST
    found = find_page(scope.reader, search_query, before, limit)
    places = {(row.submission.key_id or 0, row.submission.workflow_id, row.task_id or 0) for row in found.rows}
    known = _known(scope, places)
    page = [_found_row(scope, row, known) for row in found.rows]
    return FoundPage(page, f"row-{found.before}" if found.before else "")


def _found_row(scope: Scope, row: SubmissionRow, known: dict[tuple[int, int, int], Task]) -> FoundTask:
    submission = row.submission
    brief = Brief(str(submission.owner), row.fields)
    task = None
    if row.task_id:
        place = submission.key_id or 0, submission.workflow_id, row.task_id
        task = known.get(place) or _new_task(row.task_id, submission.sent_at or submission.created_at)
        if place in known and not is_same_task(task.created_at, submission.created_by):
            task = None  # the ID was given to another task
    key_id = submission.key_id if getattr(row, "is_key_usable", False) else None
    return FoundTask(key_id, submission.workflow_id, task, row.number, row, brief)


def _known(scope: Scope, places: Iterable[tuple[int, int, int]]) -> dict[tuple[int, int, int], Task]:
    """Return the tasks of these places that the index knows."""
    ids = {task_id for _, _, task_id in places if task_id}
    if not ids or not scope.indexes:
        return {}
    tasks = {}
    for row in _in_indexes(scope).filter(task_id__in=ids).order_by():
        workflow = scope.indexes[row.index_id]
        if _can_be_shown(row):
            tasks[workflow.key_id, workflow.workflow_id, row.task_id] = task_of(row)
    return tasks


def _in_indexes(scope: Scope) -> "QuerySet[IndexedTask]":
    # SQLite takes an IN of one value for a reason to sort.
    only = next(iter(scope.indexes), 0)
    place: dict[str, Any] = {"index": only} if len(scope.indexes) < 2 else {"index__in": list(scope.indexes)}
    return IndexedTask.objects.filter(**place)


def _can_be_shown(known: IndexedTask) -> bool:
    """Return whether the API still had the task, and returned when it was created and changed."""
    return known.status != GONE and known.created_at is not None and known.updated_at is not None


def _numbers_in_file(group: UUID, task_ids: list[int]) -> dict[int, int]:
    rows = SubmissionRow.objects.filter(task_id__in=task_ids, submission__group=group, number__isnull=False)
    return {task: number for task, number in rows.order_by().values_list("task_id", "number") if task and number}


def with_briefs(scope: Scope, tasks: list[FoundTask]) -> list[FoundTask]:
    """Add the senders of the tasks, and their values for those who may see them.

    A task of a workflow that several keys opened is listed once: with its values, if one of the keys sent it.
    """
    missing = [one for one in tasks if one.brief is None and one.task and one.key_id]
    briefs = briefs_across(scope.reader, {one.place: one.task.created_at for one in missing if one.task})
    complete = [one if one.brief else replace(one, brief=briefs.get(one.place)) for one in tasks]
    best: dict[tuple[int, int], FoundTask] = {}
    for one in complete:
        if one.task and (one.brief or one.place[1:] not in best):
            best[one.place[1:]] = one
    # A row stays in a list of rows, even if its task is listed twice there.
    return [one for one in complete if one.task is None or one.row or best[one.place[1:]] is one]


# --- conditions on values, and "not" with what was sent ---------------------------------------------------------------

# Of one page, so many tasks are read at most: first a few, then more at a time.
MOST_READ = 10_000
READ_FIRST, READ_AT_ONCE = 500, 2_500
Chunk = tuple[list[SentTask], str]


def find_by_values(scope: Scope, resolved: ResolvedConditions, cursor: str, limit: int) -> FoundPage:
    """Return the tasks for whose values the conditions hold, newest first.

    Only of submissions that the reader may see, so that nobody learns values of others by filtering.
    """
    terms = [*terms_in(resolved.conditions.words), *(test.term for test in resolved.conditions.tests if test.term)]
    if resolved.conditions.words and not terms_in(resolved.conditions.words):
        return FoundPage([])
    if terms:
        chunks = _by_terms(scope, resolved, terms, cursor)
    elif resolved.is_read_from_sent:
        chunks = _newest_sent(scope, resolved, cursor)
    else:
        chunks = _few_of_index(scope, resolved, cursor)
    found, read, after = list[SentTask](), 0, ""
    for chunk, after_chunk in chunks:
        matching = [one for one in chunk if matches_all(resolved.conditions.tests, one.fields)]
        found += _without_negated(scope, resolved, matching)
        read, after = read + len(chunk), after_chunk
        if len(found) > limit:
            last = found[limit - 1]
            return FoundPage(_sent_page(scope, resolved, found[:limit]), _after(last, cursor_of=after))
        if read >= MOST_READ:
            break
    else:
        after = ""
    return FoundPage(_sent_page(scope, resolved, found), after, is_cut=bool(after))


def _after(last: SentTask, cursor_of: str) -> str:
    """Return the cursor behind a task, in the order that another cursor has."""
    if cursor_of.startswith("row-"):
        return f"row-{last.row_id}"
    return f"known-{last.task_id}" if cursor_of.startswith("known-") else _after_sent(last)


def _counts() -> Iterator[int]:
    return chain((READ_FIRST,), repeat(READ_AT_ONCE))


def _by_terms(scope: Scope, resolved: ResolvedConditions, terms: list[Term], cursor: str) -> Iterator[Chunk]:
    """Read the rows that have the terms somewhere, by the search index."""
    search_query = replace(_search_query(scope, resolved), terms=terms)
    before = _number(cursor, "row-") if cursor else NEWEST
    who = seen_by(scope.reader)
    for count in _counts():
        ids = queries.find(who, search_query, before, count)
        if not ids:
            return
        before = ids[-1]
        yield read_sent(SubmissionRow.objects.filter(pk__in=ids).order_by("-pk")), f"row-{before}"


def _newest_sent(scope: Scope, resolved: ResolvedConditions, cursor: str) -> Iterator[Chunk]:
    search_query, last, tests = _search_query(scope, resolved), _last_sent(cursor), resolved.conditions.tests
    reader = scope.reader if tests else _reader_of_sent(scope, resolved)
    for count in _counts():
        found = find_tasks(reader, search_query, last, count, with_fields=bool(tests))
        if not found:
            return
        last = found[-1].submission_id, found[-1].task_id
        yield [one for one in found if one.stored_fields or not tests], _after_sent(found[-1])


def _few_of_index(scope: Scope, resolved: ResolvedConditions, cursor: str) -> Iterator[Chunk]:
    """Read the tasks of a status that is not finished, of which there are few."""
    tasks = _indexed(scope, resolved).alias(place=F("task_id") + 0).order_by("-place")
    places = {(one.key_id, one.workflow_id) for one in scope.indexes.values()}
    before = _number(cursor, "known-") if cursor else LARGEST_ID
    for count in _counts():
        found = list(tasks.filter(place__lt=before).values_list("task_id", flat=True)[:count])
        if not found:
            return
        before = found[-1]
        visible = Submission.objects.visible_to(scope.reader).filter(pk=OuterRef("submission")).order_by()
        rows = SubmissionRow.objects.filter(Exists(visible), task_id__in=found).order_by("-task_id")
        yield [one for one in read_sent(rows) if (one.key_id, one.workflow_id) in places], f"known-{before}"


def _without_negated(scope: Scope, resolved: ResolvedConditions, sent: list[SentTask]) -> list[SentTask]:
    """Leave out the tasks for which a condition holds that must not."""
    if not sent or not resolved.negated:
        return sent
    submissions = Submission.objects.filter(pk__in={one.submission_id for one in sent}).order_by()
    of_sent = [each for each in resolved.negated if each.conditions.is_of_sent]
    left_out = set(
        chain.from_iterable(submissions.filter(**each.of_submission).values_list("pk", flat=True) for each in of_sent)
    )
    others = [each for each in resolved.negated if not each.conditions.is_of_sent]
    places = set[tuple[int, int, int]]()
    if others:
        ids = {one.task_id for one in sent}
        tasks = _in_indexes(scope).filter(_holds_any(scope, others), task_id__in=ids).order_by()
        for index, task_id in tasks.values_list("index", "task_id"):
            places.add((scope.indexes[index].key_id, scope.indexes[index].workflow_id, task_id))
    return [
        one
        for one in sent
        if one.submission_id not in left_out and (one.key_id or 0, one.workflow_id, one.task_id) not in places
    ]


# --- a task by its ID -------------------------------------------------------------------------------------------------


def task_with_id(scope: Scope, conditions: Conditions, client: PipelinesClient) -> FoundTask | None:
    """Return the task whose ID is all that was searched for: as the index knows it, else as Pipelines says."""
    workflow, task_id = scope.workflow, conditions.task_id
    if workflow is None or not task_id or not conditions.but(words="").is_without_conditions:
        return None
    place = workflow.key_id, workflow.workflow_id, task_id
    task = _known(scope, {place}).get(place)
    if task is None:
        try:
            task = client.task(workflow.workflow_id, task_id)
        except PipelinesError:
            return None
    return FoundTask(workflow.key_id, workflow.workflow_id, task)


# --- tasks ------------------------------------------------------------------------------------------------------------


def task_of(known: IndexedTask) -> Task:
    pending = max(known.nodes - known.nodes_finished - known.nodes_in_progress, 0)
    nodes = NodeSummary.model_construct(
        total=known.nodes, finished=known.nodes_finished, in_progress=known.nodes_in_progress, pending=pending
    )
    return Task.model_construct(
        id=known.task_id, status=known.status, node_summary=nodes,
        created_at=known.created_at, updated_at=known.updated_at,
    )  # fmt: skip


def _new_task(task_id: int, sent_at: datetime) -> Task:
    nodes = NodeSummary.model_construct(total=0, finished=0, in_progress=0, pending=0)
    return Task.model_construct(id=task_id, status=CREATED, node_summary=nodes, created_at=sent_at, updated_at=sent_at)


def _number(text: str, prefix: str = "") -> int:
    number = number_in(text.removeprefix(prefix)) if text.startswith(prefix) else None
    if number is None:
        raise no_such_page()
    return number
