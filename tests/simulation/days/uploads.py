"""Archives: two tabs, a lost confirm, a cancel at the wrong time, an API that stops halfway."""

from typing import Any

from tests.simulation.scripts import Act, act, script

TAKES_OVER, RENEWS = {"take_over": "1"}, {"renew": "1"}
CONFIRM = "/confirm"


def choose(rows: int = 2) -> Act:
    return act("choose_archive", rows=rows, is_unfit=False)


def send(*, tab: str = "tab-a", more: Any = None, arrives: bool = True, stays: bool = True, **options: Any) -> Act:
    return act("send_archive", tab=tab, more=more or {}, arrives=arrives, stays=stays, **options)


process, poll, cancel = act("process_uploads", stops_halfway=False), act("poll_uploads"), act("cancel_upload")

DAYS = [
    each.of("archives")
    for each in (
        script("an archive becomes tasks", choose(), send(), process, poll, tasks=2),
        script("a cancel during the confirm", choose(), send().while_asking(CONFIRM, cancel), process, poll, tasks=2),
        script(
            "a cancel before the API has the confirm",
            choose(), send().while_asking(CONFIRM, cancel, is_early=True), process, poll, tasks=2,
        ),
        script(
            "a cancel after a lost answer",
            choose(), send(faults={CONFIRM: "lost_answer"}), cancel, process, poll, tasks=2,
        ),
        script(
            "a cancel an hour after a lost answer",
            choose(), send(faults={CONFIRM: "lost_answer"}), 3600, cancel, process, poll, tasks=2,
        ),
        script(
            "another archive is chosen an hour after a lost answer",
            choose(), send(faults={CONFIRM: "lost_answer"}), 3600,
            act("choose_other_archive", rows=1, is_unfit=False), process, poll, tasks=2,
        ),
        script(
            "a cancel after a confirm that never arrived",
            choose(), send(faults={CONFIRM: "lost_request"}), cancel, 60, cancel, process, poll, tasks=2,
        ),
        script(
            "the other tab takes over during the confirm",
            choose(), send().while_asking(CONFIRM, send(tab="tab-b", more=TAKES_OVER)), process, poll, tasks=2,
        ),
        script(
            "the other tab renews the link, and sends",
            choose(), send(stays=False), 100, send(tab="tab-b", more=RENEWS), process, poll, tasks=2,
        ),
        script(
            "another archive is chosen while the first is confirmed",
            choose(), send().while_asking(CONFIRM, act("choose_other_archive", rows=1, is_unfit=False)),
            process, poll, tasks=2,
        ),
        script(
            "the worker confirms what the page did not report, and dies",
            choose(), send(stays=False), 400, act("poll_uploads", dies_before="uploads_zipupload"), 400, poll,
            process, poll, tasks=2,
        ),
        script("a confirm that makes no sense", choose(), send(faults={CONFIRM: "garbage"}), process, poll, tasks=2),
        script(
            "the API stops halfway",
            choose(3), send(), act("process_uploads", stops_halfway=True), poll, 600, poll, tasks=1,
        ),
        script(
            "a tab is closed while it stores, and a new one goes on",
            choose(), send(arrives=False, stays=False), act("touch_tab", touch="release", tab="tab-a"),
            send(tab="tab-b"), process, poll, tasks=2,
        ),
    )
]  # fmt: skip
