"""A company: people, keys, submissions, imports and an index of tasks, all of one person who leads a team."""

from django.db import transaction

from pipelines_portal.accounts.models import User

from .imports import make_imports, make_task_index
from .people import make_people
from .size import Size
from .submissions import make_submissions


def make_company(size: Size, key: str) -> User:
    with transaction.atomic():
        person = make_people(size, key)
        make_submissions(size, person)
        make_imports(size, person)
        make_task_index(size, person)
    return person
