"""Whatever goes for its age asks the trusted clock first. Each function that removes by the clock is named here: no new
one slips by.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.external_api.server import PROJECT

PROGRAM = PROJECT / "pipelines_portal"
REMOVES = {"delete", "unlink", "rmtree", "remove_in_batches", "remove_each"}
LOOKS_AT_THE_CLOCK = {"now", "st_mtime", "older_than"}
# Only these call what removes by age: `tidied`, `tidy_now` and the sweep, after `held()`.
ASK_THE_CLOCK = {"worker/duties.py", "external_api/uploads/tidying.py", "external_api/uploads/sweep.py"}
HELD = {
    "accounts/sessions/open_sessions.py forget_expired", "audit/retention.py forget_old_events",
    "external_api/uploads/sweep.py delete_late_archives", "external_api/uploads/sweep.py forget_old_jobs",
    "external_api/uploads/sweep.py delete_unfinished", "external_api/uploads/sweep.py cancel_abandoned",
    "external_api/uploads/tidying.py forget_expired_sessions", "imports/beginning.py forget_old_imports",
    "new_task/typed_drafts.py forget_old_typed", "notifications/noticing.py forget_old_news",
    "people/invitations.py forget_old_invitations", "saved_keys/ownership/replacing.py wipe_replaced",
    "shared/figures/gone_machines.py forget_gone_machines", "submissions/discarding.py forget_unsent",
    "submissions/exports.py forget_old_exports", "submissions/retention.py drop_old_payloads",
    "task_index/watching.py let_go_unseen", "uploads/jobs.py forget_old_tasks",
}  # fmt: skip
OTHERS = {
    "accounts/sessions/open_sessions.py end": "somebody ends it",
    "external_api/storage/embedded.py delete_unfinished": "the sweep says from when",
    "external_api/uploads/workers.py beat": "a worker that lives says so again",
    "figures/worker_beats.py beat": "a worker that lives says so again",
    "new_task/typed_drafts.py save_typed": "somebody emptied the form",
    "saved_keys/ownership/replacing.py replace": "somebody replaces the key once more",
    "saved_keys/ownership/replacing.py _undo": "it is put back",
    "saved_keys/pooled_answers.py wipe_old_answers": "the API is asked again",
    "shared/sign_in_throttle/counting.py _forget_idle": "tries are counted anew",
    "submissions/transitions.py _record": "the API's answer takes the place of what was guessed",
}


def test_each_function_that_removes_by_the_clock_is_known() -> None:
    found = {name for file in sources() for name in removing_by_the_clock(file)}
    assert found - HELD == OTHERS.keys()
    assert found >= HELD - {"external_api/uploads/sweep.py delete_unfinished", *LET_GO}


# They change a row for its age, and what follows removes it.
LET_GO = {"external_api/uploads/sweep.py cancel_abandoned", "task_index/watching.py let_go_unseen"}


@pytest.mark.parametrize("named", sorted(HELD))
def test_nobody_calls_it_who_does_not_ask(named: str) -> None:
    own, name = named.split()
    calling = {path_of(file) for file in sources() if name in set(names_in(ast.parse(file.read_text())))}
    assert calling - {own, "external_api/storage/embedded.py", "external_api/storage/base.py"} <= ASK_THE_CLOCK
    assert calling & ASK_THE_CLOCK


def sources() -> list[Path]:
    return [file for file in sorted(PROGRAM.rglob("*.py")) if "migrations" not in file.parts]


def path_of(file: Path) -> str:
    return str(file.relative_to(PROGRAM))


def removing_by_the_clock(file: Path) -> Iterator[str]:
    """That remove, and look at the clock themselves or by a function beside them."""
    nodes = ast.walk(ast.parse(file.read_text()))
    uses = {node.name: set(names_in(node)) for node in nodes if isinstance(node, ast.FunctionDef)}
    for name, used in uses.items():
        beside = set().union(*(uses[other] for other in used & uses.keys()))
        if used & REMOVES and (used | beside) & LOOKS_AT_THE_CLOCK:
            yield f"{path_of(file)} {name}"


def names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.name
