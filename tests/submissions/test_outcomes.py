"""What an answer of the API means, without a database."""

from typing import Any
from unittest.mock import Mock

import pytest

from pipelines_portal.api_client import CreatedTasks, InvalidRequest, PipelinesError, ValidationFailed
from pipelines_portal.submissions.outcomes import (
    MOST_NAMED_IDS,
    Outcome,
    describe_unwritten,
    named_rows,
    outcome_of_answer,
    outcome_of_error,
    outcome_of_stopped,
)

NO = {"index": 1, "field_name": "notes", "message": "No"}


def created(success: int, failed: int, *errors: dict[str, Any], ids: int | None = None) -> CreatedTasks:
    tasks = list(range(7, 7 + (success if ids is None else ids)))
    return CreatedTasks(success_count=success, error_count=failed, errors=list(errors), task_ids=tasks)


def said(outcome: Outcome) -> dict[int, str]:
    assert all(isinstance(each.field, str) for each in (outcome.rejections or {}).values())
    return {index: each.message for index, each in (outcome.rejections or {}).items()}


@pytest.mark.parametrize(
    ("answer", "status", "rejections"),
    [
        (created(2, 0), "created", {}),
        (created(1, 1, NO), "partly_created", {1: "No"}),
        (created(0, 2), "rejected", {0: "", 1: ""}),
        (created(0, 2, NO), "rejected", {0: "", 1: "No"}),
        (created(0, 2, NO | {"field_name": None}, NO | {"index": 2}), "rejected", {0: "", 1: "No"}),
        (created(0, 2, NO, NO | {"message": "Never"}), "rejected", {0: "", 1: "No; Never"}),
        (created(0, 0), "unconfirmed", {}),
        (created(2, 0, ids=1), "unconfirmed", {}),
    ],
)
def test_an_answer_tells_each_row(answer: CreatedTasks, status: str, rejections: dict[int, str]) -> None:
    outcome = outcome_of_answer(answer, 2)
    assert (outcome.status, said(outcome), outcome.is_final) == (status, rejections, status != "unconfirmed")
    assert (outcome.success_count, outcome.error_count) in [(answer.success_count, answer.error_count), (0, 0)]
    assert list(outcome.task_ids) == answer.task_ids, "also those of an answer that contradicts itself"


@pytest.mark.parametrize(
    ("answer", "status", "failed", "told"),
    [
        (created(1, 1, NO), "partly_created", 2, [1, 2]),
        (created(0, 0), "rejected", 3, []),
        (created(0, 1), "rejected", 3, [1, 2]),
        (created(1, 0, ids=2), "unconfirmed", 0, []),
    ],
)
def test_a_stopped_upload_tells_rows_that_were_not_reached(
    answer: CreatedTasks, status: str, failed: int, told: list[int]
) -> None:
    outcome = outcome_of_stopped(answer, 3, "It failed.")
    assert (outcome.status, outcome.error_count, list(outcome.task_ids)) == (status, failed, answer.task_ids)
    assert [index for index, message in sorted(said(outcome).items()) if message] == told


def test_an_upload_without_counts_created_nothing_that_is_known() -> None:
    silent = Mock(success_count=None, error_count=None, errors=None, task_ids=None)
    stopped, ended = outcome_of_stopped(silent, 2, "It failed."), outcome_of_answer(silent, 2)
    assert (stopped.status, stopped.task_ids, ended.status, ended.task_ids) == ("rejected", (), "unconfirmed", ())
    assert outcome_of_answer(silent, 0).status == "created", "no rows"


@pytest.mark.parametrize(("is_import", "status"), [(False, "rejected"), (True, "draft")])
def test_rows_of_an_import_may_be_accepted_later(is_import: bool, status: str) -> None:
    outcome = outcome_of_error(InvalidRequest(400, "invalid_request", "Too many tasks"), 1, is_import=is_import)
    assert outcome.status == status and outcome.reason.startswith("Too many tasks.")


@pytest.mark.parametrize(("row_count", "reason"), [(1, ""), (2, "Pipelines accepted none of the rows.")])
def test_a_rejection_that_names_rows_says_so(row_count: int, reason: str) -> None:
    outcome = outcome_of_error(
        ValidationFailed(422, "validation_error", "tasks.0.fields.n: No"), row_count, is_import=True
    )
    assert (outcome.status, outcome.reason, outcome.error_count) == ("rejected", reason, row_count)


@pytest.mark.parametrize(
    ("message", "rows"),
    [
        ("All 2 tasks failed: tasks.0: Unknown field: A b; tasks.12: No",
         [(0, "A b", "Unknown field: A b"), (12, "", "No")]),
        ("tasks.3.fields.notes: Too long; … and 4 more", [(3, "notes", "Too long")]),
        ("tasks.0: Invalid value for n: x", [(0, "n", "Invalid value for n: x")]),
        ("No tasks", []),
    ],
)  # fmt: skip
def test_rows_are_read_out_of_a_message(message: str, rows: list[Any]) -> None:
    assert named_rows(ValidationFailed(422, "validation_error", message)) == rows


def test_odd_entries_of_a_rejection_are_left_out() -> None:
    odd = ValidationFailed(422, "validation_error", "tasks.4: Not read")
    odd.errors = [
        {"index": 0, "message": 5},
        {"message": "No index"},
        {"index": 1, "field_name": None, "message": "No"},
    ]
    assert named_rows(odd) == [(1, "", "No")]


def test_an_answer_that_cannot_be_stored_is_told() -> None:
    lost, refused = PipelinesError("Lost"), PipelinesError("Refused")
    lost.maybe_processed, refused.maybe_processed = True, False
    many = created(MOST_NAMED_IDS + 1, 0)
    assert describe_unwritten(created(1, 0), None).startswith("Pipelines created task 7.")
    assert describe_unwritten(created(2, 0), None).startswith("Pipelines created these tasks: 7, 8. ")
    assert ", 26, …. " in describe_unwritten(many, None) and ", 27" not in describe_unwritten(many, None)
    assert describe_unwritten(None, lost).startswith("Tasks may have been created.")
    assert describe_unwritten(created(0, 0), None).startswith("Tasks may have been created.")
    assert describe_unwritten(None, refused).startswith("Nothing was created.")
