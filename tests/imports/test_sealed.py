"""Imports whose encryption key is missing, and may be lost for good: the page says so, and one can delete them."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet

from pipelines_portal.imports.access import page_url
from pipelines_portal.imports.models import FilePart, Import, LineBlock, State
from pipelines_portal.imports.views.sealed import NOTHING_DONE
from pipelines_portal.submissions.models import Submission
from tests.pages import text_of

from .conftest import Checked, work
from .making import GOOD, distinct
from .test_sending import address, begin

pytestmark = pytest.mark.full

Begun = Callable[[Import, Any], object]


def to_be_read(of: Import, person: Any) -> None:
    FilePart.objects.create(of=of, number=0, data=Fernet(Fernet.generate_key()).encrypt(b"Text,Language"))
    Import.objects.filter(pk=of.pk).update(state=State.READING)


def to_be_checked(of: Import, person: Any) -> None:
    Import.objects.filter(pk=of.pk).update(state=State.CHECKING)


def to_be_sent(of: Import, person: Any) -> None:
    begin(of, person)


def lose_the_key(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]


def htmx(page: Any, of: Import, address: str) -> Any:
    return page.get(address, headers={"HX-Request": "true", "HX-Target": "import-wait"})


@pytest.mark.parametrize("how", [to_be_read, to_be_checked, to_be_sent])
def test_one_at_work_says_what_it_waits_for_and_is_deleted_there(
    page: Any, checked: Checked, person: Any, settings: Any, how: Begun
) -> None:
    of = checked(distinct(2))
    how(of, person)
    lose_the_key(settings)
    work()
    words = text_of(page.get(address(of, "detail"), follow=True))
    assert "Waits for an encryption key" in words and "lost for good" in words and "Delete import…" in words
    home = text_of(page.get("/"))
    assert f"The import {of.label} waits" in home and "An encryption key is missing" in home
    of.refresh_from_db()
    assert f'href="{page_url(of)}"' in home
    assert "Delete import?" in text_of(page.get(address(of, "delete")))
    assert "Deleted by you" in text_of(page.post(address(of, "delete"), follow=True))
    of.refresh_from_db()
    assert of.state == State.DELETED and not Submission.objects.exists()


@pytest.mark.parametrize("name", ["check", "match"])
def test_one_that_waits_for_a_person_is_deleted_where_its_rows_would_be(
    page: Any, checked: Checked, settings: Any, name: str
) -> None:
    of = checked([["Hello", "Germn"]])
    if name == "match":
        Import.objects.update(state=State.MATCHING)
    LineBlock.objects.update(data=Fernet(Fernet.generate_key()).encrypt(b"{}"))
    answer = page.get(address(of, name))
    assert answer.status_code == 503 and "Delete import…" in text_of(answer)
    page.post(address(of, "delete"))
    of.refresh_from_db()
    assert of.state == State.DELETED


def test_what_was_done_before_its_page_cannot_be_opened_is_not_denied(page: Any, checked: Checked) -> None:
    """Back to the columns, whose page is closed; what is refused there says that nothing came of it."""
    of = checked([["Hello", "Germn"]])
    LineBlock.objects.update(data=Fernet(Fernet.generate_key()).encrypt(b"{}"))
    answer = page.post(address(of, "rematch"), follow=True)
    of.refresh_from_db()
    assert of.state == State.MATCHING and answer.status_code == 503
    assert NOTHING_DONE not in text_of(answer)
    assert NOTHING_DONE in text_of(page.post(address(of, "match"), {}))


def test_one_that_lacks_the_saved_key_alone_says_which(
    page: Any, checked: Checked, person: Any, saved_key: Any
) -> None:
    of = checked([GOOD])
    begin(of, person)
    saved_key.encrypted_key = b"nonsense"
    saved_key.save()
    work()
    words = text_of(page.get(address(of, "progress")))
    assert "The portal cannot open its saved key" in words and "Delete import…" in words


def test_one_that_is_sent_again_is_not_deleted(page: Any, checked: Checked, person: Any, settings: Any) -> None:
    """Another worker has the key, and took the turn since the page was read."""
    of = checked(distinct(2))
    begin(of, person)
    known = settings.ENCRYPTION_KEYS
    lose_the_key(settings)
    work()
    Import.objects.update(worker=of.pk)
    settings.ENCRYPTION_KEYS = known
    assert "Not deleted: rows are being sent" in text_of(page.post(address(of, "delete"), follow=True))
    of.refresh_from_db()
    assert of.state == State.SENDING


def test_a_page_that_waits_is_read_anew_when_the_key_is_missed(
    page: Any, checked: Checked, person: Any, settings: Any
) -> None:
    of = checked(distinct(2))
    to_be_checked(of, person)
    assert htmx(page, of, address(of, "detail")).status_code == 204
    lose_the_key(settings)
    work()
    assert htmx(page, of, address(of, "detail"))["HX-Redirect"] == address(of, "detail")
    assert htmx(page, of, f"{address(of, 'detail')}?told").status_code == 204
