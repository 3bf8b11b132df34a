"""The form: late and lost answers, and people who decide before they come."""

from tests.simulation.scripts import act, script

CREATE = "POST /api/v1/workflows/42/tasks"
give_up_and_send = act("give_up", then="send_given_up")

DAYS = [
    script("a form becomes a task", act("send_form"), tasks=1),
    script("a form is sent twice", act("send_form").while_asking(CREATE, act("send_form_again")), tasks=1),
    script("an answer is lost", act("send_form", faults={"POST": "lost_answer"}), tasks=1),
    script("a request is lost", act("send_form", faults={"POST": "lost_request"}), tasks=0),
    script("a request is lost, and sent again", act("send_form", faults={"POST": "lost_request"}), 900, tasks=1).of(
        "idempotency"
    ),
    script("an answer is lost, and asked for again", act("send_form", faults={"POST": "lost_answer"}), 900, tasks=1).of(
        "idempotency"
    ),
    script(
        "a person gives up and sends again, and the first answer comes late",
        act("send_form").while_asking(CREATE, give_up_and_send), tasks=2,
    ),
    script("the page dies before the answer is recorded", act("send_form", dies_before="answer to POST"), tasks=1),
    script(
        "the page dies before the request leaves", act("send_form", dies_before="POST /"), 900, act("decide"), tasks=0
    ),
    script(
        "a draft is discarded while another window sends it",
        act("send_form", faults={"POST": "rate_limited"}), 900,
        act("send_draft").while_asking("GET /api/v1/workflows/42/tasks", act("discard_draft")), tasks=0,
    ),
    script(
        "a rule refuses a form that was put off",
        act("send_form", is_german=True, accepts=True), act("send_form_again", faults={"POST": "rate_limited"}),
        act("change_rule", is_up_to_date=True, if_not="error"), 900, act("send_draft"), tasks=0,
    ).of("a rule of notes"),
]  # fmt: skip
