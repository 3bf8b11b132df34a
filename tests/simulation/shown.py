"""What Home, files, the search and notifications say in the end, computed again from what is stored."""

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Container
from typing import Any

from django.db.models import Sum
from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.notifications.models import Notification
from pipelines_portal.submissions.models import Submission, SubmissionRow
from tests.simulation.invariants import Broken
from tests.simulation.office import Office
from tests.simulation.stored import HAS_FILE_ONLY, TEXT, stored, text_of_row
from tests.simulation.world import world

CREATED = re.compile(r'<b>([\d,]+)</b>\s*<span class="muted">created since')
WORD = re.compile(r"\w+")
# Of each person.
MOST_SEARCHES = 2
Shown = Counter[tuple[Any, ...]]


def check_shown(office: Office) -> None:
    """Raise Broken."""
    for person, browser in zip(office.people, office.browsers, strict=True):
        _check_sent(person, browser)
        _check_home(person, browser)
    for sheet in stored(Sheet).exclude(status__in=HAS_FILE_ONLY).order_by("pk"):
        _check_import(sheet, office.browser_of(sheet.owner_id), office.url)
    _check_notifications()


def _check_sent(person: User, browser: Client) -> None:
    """Check the file of all that the person sent, and that the search finds each text where it was sent, only there."""
    rows = stored(SubmissionRow).filter(submission__owner=person.pk, fields__isnull=False).order_by("pk")
    drafts = {str(pk) for pk in stored(Submission).filter(owner=person.pk, status="draft").values_list("pk", flat=True)}
    sent, words = Counter[tuple[Any, ...]](), defaultdict[str, set[str]](set)
    for pk, fields, task in rows.values_list("submission", "fields", "task_id"):
        sent[str(pk), fields["input_text"], str(task or "")] += 1
        for word in WORD.findall(str(fields)):
            words[word].add(str(pk))
    _compare("the file of Sent", _exported(browser), sent, drafts)
    texts = sorted({text for _, text, _ in sent})
    for text in world.chance.sample(texts, min(MOST_SEARCHES, len(texts))):
        found = words["text"] & words[text.removeprefix("text ")]
        expected = Counter({one: count for one, count in sent.items() if one[0] in found})
        _compare(f"the search for {text!r}", _exported(browser, f"?q={text}"), expected, drafts)


def _exported(browser: Client, query: str = "") -> Shown:
    lines = _lines(browser.post(f"/submissions/export.csv{query}"))
    return Counter((line["ID in Sent"], _text_in(line), line["Task ID"]) for line in lines)


def _check_import(sheet: Sheet, browser: Client, url: str) -> None:
    rows = stored(Row).filter(sheet=sheet).exclude(status="unchecked")
    tasks = dict(
        stored(SubmissionRow)
        .filter(submission__group=sheet.pk, task_id__gt=0)
        .order_by("submission__attempt")
        .values_list("number", "task_id")
    )
    expected: Shown = Counter(
        (str(row.number), text_of_row(row), str(tasks.get(row.number, "") if row.status == "created" else ""))
        for row in rows
    )
    lines = _lines(browser.get(f"/sheets/{sheet.pk}/rows/all.csv"))
    shown = Counter((line["Row in the file"], _text_in(line), line["Task in Pipelines"]) for line in lines)
    _compare(f"the rows of import {sheet.pk}", shown, expected)


def _check_home(person: User, browser: Client) -> None:
    midnight = world.now.replace(hour=0, minute=0, second=0, microsecond=0)
    sent = stored(Submission).filter(owner=person.pk, created_at__gte=midnight).exclude(status="draft")
    expected = sent.aggregate(created=Sum("success_count"))["created"]
    found = CREATED.search(browser.get("/").content.decode())
    shown = int(found[1].replace(",", "")) if found else None
    if shown != expected:
        raise Broken(f"shown wrongly: Home says that {person} created {shown} today, and it is {expected}")


def _check_notifications() -> None:
    """Check that what asks for a decision is about something undecided."""
    subjects = stored(Notification).filter(read_at=None).values_list("person", "subject")
    undecided = set(stored(Submission).filter(status="unconfirmed").values_list("pk", flat=True))
    for person, subject in subjects:
        event, _, rest = subject.partition(":")
        if event == "unconfirmed" and rest.partition(":")[0] not in map(str, undecided):
            raise Broken(f"notified wrongly: person {person} is to decide about {rest}, which is decided")


def _lines(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def _text_in(line: dict[str, str]) -> str:
    """Return the first value that is one of the simulation's texts, since a field may have another title by now."""
    return next((value for value in line.values() if TEXT.fullmatch(value)), "")


def _compare(what: str, shown: Shown, expected: Shown, may_lack: Container[str] = ()) -> None:
    """Raise Broken if they differ, but for entries that begin with one of `may_lack`."""
    if missing := [one for one in expected - shown if one[0] not in may_lack]:
        raise Broken(f"shown wrongly: {what} lacks {sorted(missing)[:3]}")
    if added := shown - expected:
        raise Broken(f"shown wrongly: {what} has {sorted(added)[:3]}")
