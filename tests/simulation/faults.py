"""Faults: bad or no answers of the API, kills, a failing or suspended process, moved clocks, changed fields."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.fake_api import FakeApi, Plan, Workflow
from tests.samples import LANGUAGES, field
from tests.simulation.world import ANSWER_TO_POST, Process, world

POST_FAULTS = (
    "lost_answer", "lost_answer", "lost_request", "slow", "slow", "server_error", "unavailable", "rate_limited",
    "refused", "garbage", "partial", "too_large", "closed",
)  # fmt: skip
READ_FAULTS = ("refused", "slow", "unavailable", "rate_limited")
AWAY_FAULTS = ("refused", "unavailable")
OVERNIGHT = 13 * 3600
CHANGING_FIELDS, ADDED_FIELD = ("notes", "target_language"), "domain"
AWAY_SECONDS = (60, 240, OVERNIGHT + 60)
# With these, the portal waits until its time-out, unless the connection ends immediately.
WITHOUT_ANSWER = {"lost_answer", "lost_request", "slow"}
ENDS_AT_ONCE = 0.5
TIME_OUT_SECONDS, LONGEST_SUSPENSION_SECONDS = 30, 60
FAULTY_POSTS, FAULTY_READS = 0.35, 0.06
# The shares of actions that meet each fault.
KILLED, WITHOUT_DATABASE, SUSPENDED = 0.15, 0.07, 0.2
# The average number of points before a fault: from the beginning of an action, or from the API's answer on.
POINTS_UNTIL_FAULT, POINTS_AFTER_ANSWER = 25, 15
SUSPENDED_SECONDS = (1, 120, 900)


class Faults:
    """Chooses faults by chance. None is chosen while `are_over`."""

    def __init__(self) -> None:
        self.are_over = False
        # Of a script: parts of paths, and the fault of each request to one of them.
        self.planned: dict[str, str] = {}
        # When the API answers again, in seconds of `world.elapsed`.
        self.away_until = 0.0

    def choose_process(self) -> Process:
        """Return the process of an action, with a fault or without one."""
        is_late, kind = world.chance.random() < 0.5, world.chance.random()
        at = int(world.chance.expovariate(1 / (POINTS_AFTER_ANSWER if is_late else POINTS_UNTIL_FAULT))) + 1
        error, points = world.chance.choice(("full", "locked")), world.chance.choice((1, 3, 8))
        if self.are_over:
            return Process()
        if kind < KILLED:
            return Process(dies_at=at, counts_from_answer=is_late)
        if kind < KILLED + WITHOUT_DATABASE:
            return Process(fails_at=range(at, at + points), error=error, counts_from_answer=is_late)
        if kind < KILLED + WITHOUT_DATABASE + SUSPENDED:
            seconds = world.chance.choice(SUSPENDED_SECONDS)
            return Process(suspends_at=at, suspended_for=seconds, counts_from_answer=is_late)
        return Process()

    def choose_answer(self, method: str, path: str) -> str:
        """Return one of the fake API's faults, or "" for none."""
        if planned := [fault for part, fault in self.planned.items() if part in f"{method} {path}"]:
            return planned[0]
        is_post = method == "POST"
        if not self.are_over and world.elapsed < self.away_until:
            return world.chance.choice(AWAY_FAULTS)
        if self.are_over or world.chance.random() > (FAULTY_POSTS if is_post else FAULTY_READS):
            return ""
        return world.chance.choice(POST_FAULTS if is_post else READ_FAULTS)

    def answer_for(self, api: FakeApi, note_post: Callable[[str], None]) -> Callable[..., Any]:
        """Return a replacement of `api.send` that takes time and meets faults.

        `note_post` is called with the Idempotency-Key of each POST that leaves.
        """

        def send(request: Any, *args: Any, **options: Any) -> Any:
            sent_at = world.elapsed
            body, is_post = str(request.body or ""), request.method == "POST"
            if is_post:
                note_post(request.headers.get("Idempotency-Key", ""))
                world.begin_second(f"POST {request.path_url}")
            world.on_the_wire.append(body)
            try:
                world.reach(f"{request.method} {request.path_url}")
            finally:
                world.on_the_wire.remove(body)
            fault = self.choose_answer(request.method, request.path_url)
            if world.elapsed - sent_at > LONGEST_SUSPENSION_SECONDS:  # the server has closed the connection
                fault = "lost_request"
            has_answered = request.headers.get("Idempotency-Key") in {name for _, name in api.stored_answers}
            if fault == "closed" and has_answered:  # it answers a key that it knows as before
                fault = ""
            world.faults[fault] += 1
            newest = api.newest_task_id  # another process may just have created tasks
            api.plans = [Plan(fault)]
            try:
                response = FakeApi.send(api, request, *args, **options)
                if world.process and fault in ("", "partial"):
                    world.process.tasks_in_answers |= {one for one in api.tasks if one > newest}
                return response
            finally:
                api.plans = []
                is_long = fault in WITHOUT_ANSWER and (
                    fault == "slow" or not world.happens("ends at once", ENDS_AT_ONCE)
                )
                world.pass_time(TIME_OUT_SECONDS if is_long else world.chance.choice((0.05, 0.1, 1)))
                world.note(f"    {request.method} {request.path_url.partition('?')[0]} {fault or 'ok'}")
                if not (process := world.process) or not process.is_dead:
                    world.hold_answer(f"{request.method} {request.path_url}")
                    world.reach(ANSWER_TO_POST if is_post else "answer")

        return send

    def stop_api(self) -> None:
        """Stop the API for minutes, or overnight."""
        self.away_until = world.elapsed + world.chance.choice(AWAY_SECONDS)
        if self.away_until - world.elapsed > OVERNIGHT:
            world.pass_time(OVERNIGHT)

    def move_clock(self) -> None:
        """Move the clock back or forward, but not the monotonic one."""
        world.now += timedelta(minutes=world.chance.choice((-90, -30, -1, 1, 10, 60)))

    def change_fields(self, workflow: Workflow) -> None:
        """Make a field required, remove an option or add a field. If that was done, undo it."""
        notes, language = (next(one for one in workflow.fields if one["name"] == name) for name in CHANGING_FIELDS)
        added = [one for one in workflow.fields if one["name"] == ADDED_FIELD]
        if added:
            workflow.fields.remove(added[0])
        elif notes["required"] or language["options"] != LANGUAGES:
            notes["required"], language["options"] = False, LANGUAGES
        elif (change := world.chance.choice(("required", "removed", "added"))) == "required":
            notes["required"] = True
        elif change == "removed":
            language["options"] = LANGUAGES[1:]
        else:
            workflow.fields.append(field(ADDED_FIELD))
