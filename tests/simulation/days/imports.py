"""Imports: stopped, corrected, transferred and deleted while a request is on its way."""

from tests.simulation.scripts import act, script

CREATE = "POST /api/v1/workflows/42/tasks"
paste = act("paste_import", rows=5, has_an_error=False, is_owner=True)
send, work = act("send_import", more={}, is_suitable=True), act("work")
stop, pause = act("stop_import", is_suitable=True), act("pause_import", is_suitable=True)

DAYS = [
    script("an import becomes tasks", paste, work, send, work, work, tasks=5),
    script("a stop while a request is on its way", paste, work, send, work.while_asking(CREATE, stop), work, tasks=4),
    script(
        "a pause, and the rest is sent later",
        paste, work, send, work.while_asking(CREATE, pause), work, send, work, tasks=5,
    ),
    script(
        "the worker dies after the API has created tasks",
        paste, work, send, act("work", dies_before="answer to POST"), 900, work, act("decide"), send, work, work,
        tasks=5,
    ),
    script(
        "a worker stands still, another one goes on",
        paste, work, send, work.while_asking(CREATE, act("give_up", then="stop_import"), work), work, tasks=4,
    ),
    script(
        "it is transferred while a request is on its way",
        paste, work, send, work.while_asking(CREATE, pause, act("transfer_import", is_suitable=True)), work, tasks=4,
    ),
    script("it is deleted after a stop", paste, work, send, work.while_asking(CREATE, stop, act("delete_import")),
           act("restore_import"), work, tasks=4),
    script(
        "a rule refuses what waits while a request is on its way",
        act("paste_import", rows=5, is_german=True, is_owner=True), work, act("accept_warnings"), send,
        work.while_asking(CREATE, act("change_rule", is_up_to_date=True, if_not="error")), work, work, tasks=4,
    ).of("a rule of notes"),
    script("an API that says too much", paste, work, send, act("work", faults={"POST": "rate_limited"}), 900, work,
           work, tasks=5),
]  # fmt: skip
