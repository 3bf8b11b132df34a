"""The values that each type of field accepts."""

from typing import Any

import pytest

from tests.each_case import each_case
from tests.external_api.factories import Tenant
from tests.external_api.server import Api

ACCEPTED = [
    ("short_text", {}, ["a", "Grüße 👋", " x "]),
    ("long_text", {}, ["two\nlines"]),
    ("code", {}, ["<script>alert(1)</script>"]),
    ("boolean", {}, [True, False, "true", "False", "YES", " no ", "1", "0", 1, 0]),
    ("numeric", {}, [0, -1.5, "12", " 3.5 ", "1e3", 10**20, "-.5"]),
    ("numeric", {"min": 1, "max": 10}, [1, 10, "10.0"]),
    ("datetime", {}, ["2026-03-30T12:00:00Z", "2026-03-30T12:00:00.123+02:00", "2026-03-30 12:00", " 2026-03-30 "]),
    ("select", {"options": ["A", "B, C"]}, ["A", "B, C"]),
    ("rating", {"min": 1, "max": 5}, [1, 5, 3.0, "3", " 4 ", "5.0"]),
    ("ranking", {"options": ["a", "b"]}, [["b", "a"], "b, a", "b,a", "b\na", " b \r\n a \n"]),
    ("ranking", {"options": ["a, b", "c"]}, [["c", "a, b"], "c\na, b"]),
    ("ranking", {}, [["x", 1], "x, 1"]),
    ("pairwise", {}, ["A or B"]),
    ("criteria", {}, ["Polite"]),
    ("hologram", {}, ["text", 1, {"deep": [None]}, [1]]),
]
REFUSED = [
    ("short_text", {}, [1, True, ["a"], {"a": 1}], "text"),
    ("code", {}, [1.5], "text"),
    ("boolean", {}, ["maybe", 2, -1, 0.5, 1.0, [True], {}], "true or false"),
    ("numeric", {}, ["abc", "1_000", "nan", "inf", True, [1], "1e999", "0x10", "٣"], "a number"),
    ("numeric", {"min": 1, "max": 10}, [0, 11, "10.5", 10**400], "a number between 1 and 10"),
    ("numeric", {"min": 1}, [0], "a number, at least 1"),
    (
        "datetime",
        {},
        ["yesterday", "2026-13-01T00:00:00Z", 1764000000, "2026-03-30T25:00:00Z"],
        "an ISO 8601 date-time",
    ),
    ("select", {"options": ["A", "B"]}, ["C", "a", 1, ["A"]], "one of A, B"),
    ("rating", {"min": 1, "max": 5}, [0, 6, 2.5, "6", "2.5", "three", True, [3]], "an integer from 1 to 5"),
    (
        "ranking",
        {"options": ["a", "b"]},
        [["a"], ["a", "a"], ["a", "c"], ["a", 1], "a", "a, c"],
        "all of a, b, in order",
    ),
    ("ranking", {"options": ["a", "b"]}, [1, {"a": 1}], "a list in order"),
]


def outcome(server: Api, tenant: Tenant, kind: str, config: dict[str, Any], values: list[Any]) -> dict[str, Any]:
    """Send one task for each value, after one that is always valid."""
    anchor = {"name": "anchor", "title": "Anchor", "type": "short_text", "required": False}
    field = {"name": "answer", "title": "Answer", "type": kind, "required": False} | config
    workflow = tenant.workflow(fields=[anchor, field])
    body = {"tasks": [{"fields": {"anchor": "x"}}, *({"fields": {"answer": value}} for value in values)]}
    answer = server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@each_case(("kind", "config", "values"), ACCEPTED)
def test_accepted(server: Api, tenant: Tenant, kind: str, config: dict[str, Any], values: list[Any]) -> None:
    """S124: no value is an error."""
    assert outcome(server, tenant, kind, config, values)["errors"] == []


@each_case(("kind", "config", "values", "expected"), REFUSED)
def test_refused(
    server: Api, tenant: Tenant, kind: str, config: dict[str, Any], values: list[Any], expected: str
) -> None:
    """S132: each value is an error of its row."""
    body = outcome(server, tenant, kind, config, values)
    message = f"Invalid value for answer: must be {expected}"
    assert body["errors"] == [
        {"index": n, "field_name": "answer", "message": message} for n in range(1, len(values) + 1)
    ]
    assert body["success_count"] == 1


@pytest.mark.parametrize("blank", [None, "", "  \n"])
def test_blank_is_missing_where_required(server: Api, tenant: Tenant, blank: str | None) -> None:
    """S130: null and white space are missing values, which an optional field accepts."""
    workflow = tenant.workflow()
    tasks = [{"fields": {"input_text": "x", "target_language": language}} for language in ("French", blank)]
    body = server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, json={"tasks": tasks}).json()
    message = "Missing required columns: target_language"
    assert body["errors"] == [{"index": 1, "field_name": "target_language", "message": message}]
    assert outcome(server, tenant, "select", {"options": ["A"]}, [blank])["errors"] == []


def test_a_long_unknown_name_is_cut(server: Api, tenant: Tenant) -> None:
    """S131: the size of the response is limited."""
    workflow = tenant.workflow()
    tasks = [{"fields": {"input_text": "x", "target_language": "French"}}, {"fields": {"n" * 100_000: 1}}]
    body = server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, json={"tasks": tasks}).json()
    assert body["errors"][0]["message"] == "Unknown field: " + "n" * 200
