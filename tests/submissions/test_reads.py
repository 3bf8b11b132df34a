"""Which submission made a task, as SQL, against plain querysets."""

from hypothesis import given

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.submissions.reads import Made, read_made
from tests.submissions.test_visible import World, make, worlds

FIELDS = {"input_text": "grün"}


@given(world=worlds)
def test_it_reads_what_the_querysets_read(db: None, world: World) -> None:
    made = make(world)
    for number, submission in enumerate(made.sent):
        if number % 2:
            UnattributedTask.objects.create(submission=submission, task_id=number)
        else:
            fields = FIELDS if number % 4 else None
            SubmissionRow.objects.create(submission=submission, index=0, task_id=number, fields=fields)
    keys = [key.pk for key in made.keys[:2]]
    tasks = range(1, len(made.sent))
    for reader in made.people:
        read = sorted(read_made(reader, keys, tasks), key=lambda one: one.task_id)
        assert read == plainly(reader, keys, tasks)


def plainly(reader: User, keys: list[int], tasks: range) -> list[Made]:
    of_rows = SubmissionRow.objects.filter(task_id__in=tasks, submission__key__in=keys)
    unattributed = UnattributedTask.objects.filter(task_id__in=tasks, submission__key__in=keys)
    visible = set(Submission.objects.visible_to(reader).values_list("pk", flat=True))
    found = []
    rows: list[SubmissionRow | UnattributedTask] = [*of_rows, *unattributed]
    for row in rows:
        is_visible, submission = row.submission_id in visible, row.submission
        fields = row.fields if isinstance(row, SubmissionRow) and is_visible else None
        place = submission.key_id, submission.workflow_id, row.task_id, submission.pk
        found.append(Made(*place, submission.owner.email, fields, is_visible))  # type: ignore[arg-type]
    return sorted(found, key=lambda one: one.task_id)


def test_no_keys_or_no_tasks_need_no_query(person: User, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert read_made(person, [], [1]) == read_made(person, [1], []) == []
