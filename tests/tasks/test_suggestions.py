"""Suggestions while somebody types a condition."""

from typing import Any

from tests.each_case import each_case
from tests.factories import Desk, browser_of, make_colleague, make_person, make_team, share_key
from tests.tasks.test_list import address
from tests.tasks.test_value_conditions import ROWS, at, send_rows

__all__ = ["at"]


def offered(desk: Desk, typed: str, browser: Any = None) -> list[str]:
    answer = (browser or desk.browser).get(address(desk.workflow, "suggestions/"), {"text": typed})
    assert answer.status_code == 200
    return [text for text, _ in answer.json()["values"]]


@each_case(
    ("typed", "first"),
    [
        ("st", ["status:", "stuck:"]),
        ("Ch", ["Channel:"]),
        ("rec", ['"Received at":']),
        ('"received', ['"Received at":']),
        ("no", ["not:"]),
        ("not:st", ["not:status:", "not:stuck:"]),
        ("-ch", ["-Channel:"]),
        ("status:f", ["status:finished", "status:failed"]),
        ("not:status:need", ['not:status:"needs attention"']),
        ("sent:m", ["sent:me", "sent:maria@acme.example"]),
        ("created:to", ["created:today"]),
        ("stuck:", ["stuck:24h", "stuck:3d", "stuck:7d"]),
        ("channel:f", ["channel:Fax", 'channel:"Fax machine"']),
        ("sure:", ["sure:yes", "sure:no"]),
        ("customer:nor", ['customer:"Nordlicht GmbH"', 'customer:"Nord Süd"']),
        ("received at:y", ['"received at":yesterday']),
        ("gross:1", []),
        ("unknown:x", []),
        ("zzz", []),
    ],
)
def test_names_come_first_and_then_values(at: Desk, typed: str, first: list[str]) -> None:
    found = offered(at, typed)
    assert sorted(found) == sorted(first) if typed.startswith(("status", "customer")) else found == first


def test_only_values_and_imports_of_visible_submissions_are_offered(at: Desk) -> None:
    ben, lena, tom = make_colleague(), make_person("lena@acme.example"), make_person("tom@acme.example")
    share_key(at.key, make_team(ben, tom, lead=lena))
    submission = send_rows(at, ben, {4: ROWS[0] | {"customer": "Secret AG"}})
    submission.group_name = "secret.csv"
    submission.save(update_fields=["group_name"])
    for person, sees in ((ben, True), (lena, True), (at.person, True), (tom, False)):
        browser = browser_of(person)
        assert offered(at, "customer:sec", browser) == (['customer:"Secret AG"'] if sees else []), person
        assert offered(at, "import:sec", browser) == (["import:secret.csv"] if sees else []), person
    assert offered(at, "customer:nordlicht") == ['customer:"Nordlicht GmbH"']
    assert offered(at, "customer:nordlicht", browser_of(ben)) == []
