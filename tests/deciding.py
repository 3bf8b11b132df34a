"""What an honest person decides about an unconfirmed submission, whose tasks the fake API shows with their values."""

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models import Submission
from tests.fake_api import FakeApi


def decide_honestly(submission: Submission, api: FakeApi, appeared: list[int], by: User) -> bool:
    """Decide which rows became which of the tasks that appeared. Return False if none did, or if it is too late."""
    left = {task_id: api.tasks[task_id].fields for task_id in appeared if task_id in api.tasks}
    task_ids, indexes = [], []
    for row in submission.rows.all():
        task_id = next((task_id for task_id, fields in left.items() if fields == row.fields), None)
        if task_id is not None:
            del left[task_id]
            task_ids.append(task_id)
            indexes.append(row.index)
    return bool(task_ids) and submission.decide_created(task_ids, by, indexes=indexes)
