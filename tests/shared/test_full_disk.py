"""No room on the disk: pages and log say it in a sentence, nothing is half kept, and it goes on when there is room."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from pipelines_portal.imports.models import Import
from pipelines_portal.shared.sign_in_throttle.models import Bucket
from pipelines_portal.shared.tidying import Tidying, tidy_now
from tests.imports.test_choose import upload
from tests.pages import text_of

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]
# Larger than what is free in the pages that there are.
ROWS = b"Text to translate,Target language\n" + b"".join(
    b"%s,French\n" % os.urandom(400).hex().encode() for _ in range(500)
)


@pytest.fixture
def room(db: None) -> Iterator[Any]:
    """`room(False)`: SQLite finds none any more, as on a full disk."""

    def give(is_there: bool) -> None:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")  # what other tests left empty would be room
            pages = cursor.execute("PRAGMA page_count").fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages + 1_000_000 if is_there else pages}").fetchone()

    yield give
    give(True)


def test_what_did_not_fit_is_told_and_not_kept(
    page: Any, opened: Any, room: Any, caplog: pytest.LogCaptureFixture
) -> None:
    workflow = opened()
    page.raise_request_exception = False
    room(False)
    answer = upload(page, workflow, ROWS)
    assert answer.status_code == 507
    assert "disk of its database is full" in text_of(answer)
    assert not Import.objects.exists()
    told = [record for record in caplog.records if record.name == "django.request"]
    assert told and "database or disk is full" in told[-1].getMessage() and not told[-1].exc_info
    room(True)
    assert upload(page, workflow, ROWS).status_code == 200
    assert Import.objects.count() == 1


def test_a_duty_says_so_and_is_done_when_there_is_room(room: Any, caplog: pytest.LogCaptureFixture) -> None:
    now = timezone.now()

    def grow() -> int:
        return len(
            Bucket.objects.bulk_create(
                Bucket(name=os.urandom(30).hex(), counted_at=now, kept_until=now) for _ in range(5_000)
            )
        )

    room(False)
    with pytest.raises(OperationalError):
        grow()
    room(False)  # the connection is closed behind a duty: in this process it is the only one
    tidy_now([Tidying("Things", grow)])
    assert "found no room on the disk (database or disk is full); nothing was changed" in caplog.text
    assert "Traceback" not in caplog.text
    assert not Bucket.objects.exists()
    room(True)
    tidy_now([Tidying("Things", grow)])
    assert Bucket.objects.count() == 5_000
