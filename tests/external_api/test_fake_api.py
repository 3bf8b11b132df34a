"""The fake API of the portal's tests, held to the External API: the same calls get the same answers."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import requests
from django.db import transaction
from hypothesis import given, note
from hypothesis import strategies as st

from pipelines_portal.external_api.models import Task, Workflow
from tests import archives
from tests.each_case import each_case
from tests.external_api.factories import FILE_FIELD, LANGUAGE_FIELD, TEXT_FIELD, make_tenant
from tests.external_api.server import Api
from tests.external_api.uploads import add_heartbeat, run_jobs
from tests.fake_api import FakeApi, fake_api

FILE_ONLY = [FILE_FIELD | {"name": "photo"}]
TWO_FILES = [FILE_FIELD | {"name": name} for name in ("front", "back")]
CAPTIONED = [FILE_FIELD, LANGUAGE_FIELD]
EVERY_TYPE = [
    {"name": name, "title": name.capitalize(), "type": name, "required": False} | more
    for name, more in {
        "short_text": {}, "long_text": {}, "code": {}, "boolean": {}, "numeric": {"min": 1, "max": 10},
        "datetime": {}, "select": {"options": ["French", "German"]}, "rating": {"min": 1, "max": 5},
        "ranking": {"options": ["a", "b"]}, "pairwise": {}, "criteria": {},
    }.items()
]  # fmt: skip
# Placeholders in the paths below, and the workflow each stands for.
WORKFLOWS: dict[str, dict[str, Any]] = {
    "open": {"fields": [TEXT_FIELD, LANGUAGE_FIELD]},
    "paused": {"fields": [TEXT_FIELD], "status": "PAUSED"},
    "draft": {"fields": [TEXT_FIELD], "status": "DRAFT"},
    "typed": {"fields": EVERY_TYPE},
    "files": {"fields": FILE_ONLY},
    "sides": {"fields": TWO_FILES},
    "captioned": {"fields": CAPTIONED},
    "closed": {"fields": FILE_ONLY, "status": "COMPLETED"},
    "bare": {"fields": [], "nodes": []},
}
NODES = [{"name": "Translate", "status": "available"}, {"name": "Review", "status": "pending"}]
GOOD = {"input_text": "Hello", "target_language": "French"}
TIME = re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"')
URL = re.compile(r'"upload_url": "[^"]+"')


@dataclass
class Side:
    """One of the two APIs, with what was created in it: `names` fills the placeholders of a path."""

    api: Any
    keys: dict[str, str]
    names: dict[str, Any]
    uploads: list[str] = field(default_factory=list)
    upload_url: str = ""

    def call(self, method: str, path: str, key: str, options: dict[str, Any]) -> requests.Response:
        headers = options.get("headers", {})
        given = options | {"headers": {name: value.format(**self.keys) for name, value in headers.items()}}
        return self.api.call(method, path.format(**self.names), key=self.keys.get(key), **given)

    def learn(self, answer: Any) -> None:
        """Remember the last task and the last upload, for the calls that follow."""
        if isinstance(answer, dict) and answer.get("task_ids"):
            self.names["task"] = answer["task_ids"][-1]
        if isinstance(answer, dict) and answer.get("next_cursor"):
            self.names["cursor"] = answer["next_cursor"]
        if isinstance(answer, dict) and answer.get("upload_url"):
            self.names["upload"], self.upload_url = answer["upload_id"], answer["upload_url"]
            self.uploads.append(answer["upload_id"])

    def comparable(self, response: requests.Response) -> tuple[int, str, dict[str, Any]]:
        """The answer without what differs between any two runs: times, links and the ids of uploads."""
        text = json.dumps(response.json(), sort_keys=True) if response.content else ""
        for number, upload_id in enumerate(self.uploads):
            text = text.replace(upload_id, f"upload {number}")
        text = URL.sub('"upload_url": "a link"', TIME.sub('"a time"', text))
        names = ("WWW-Authenticate", "Retry-After", "Idempotency-Key", "Idempotent-Replayed")
        headers = {name: response.headers.get(name) for name in names} | {"id": "X-Request-Id" in response.headers}
        return response.status_code, text, headers


class Pair:
    """The External API and the fake one, which hold the same workflows and give their tasks the same ids."""

    def __init__(self, server: Api, fake: FakeApi) -> None:
        tenant, other = make_tenant(), make_tenant()
        names: dict[str, Any] = {
            name: tenant.workflow(**{"nodes": NODES} | given).pk for name, given in WORKFLOWS.items()
        }
        names |= {"elsewhere": other.workflow().pk, "task": 0, "cursor": "", "upload": UUID(int=0)}
        fake.load(
            {"name": "Ours", "workflows": [self.loadable(names[name], given) for name, given in WORKFLOWS.items()]},
            {"name": "Others", "workflows": [self.loadable(names["elsewhere"], WORKFLOWS["open"])]},
        )
        dead = "pk_live_" + "0" * 40
        real_keys = {"live": tenant.key, "foreign": other.key, "dead": dead}
        fake_keys = {"live": fake.new_key("Ours"), "foreign": fake.new_key("Others"), "dead": dead}
        self.tenant, self.fake = tenant, fake
        self.sides = [Side(server, real_keys, dict(names)), Side(fake, fake_keys, dict(names))]
        path = f"/workflows/{names['bare']}/tasks"
        first = server.post(path, key=tenant.key, json={"tasks": [{"fields": {}}]}).json()
        fake.newest_task_id = first["task_ids"][0] - 1
        fake.create(1, names["bare"], anything="")

    def loadable(self, workflow_id: int, given: dict[str, Any]) -> dict[str, Any]:
        values = {"id": workflow_id, "name": "French translations", "status": "ACTIVE", "nodes": NODES}
        return values | given

    def call(self, method: str, path: str, key: str = "live", **options: Any) -> Any:
        """Call both, compare, and return the answer of the fake."""
        answers = []
        for side in self.sides:
            response = side.call(method, path, key, options)
            if response.ok:
                side.learn(response.json())
            answers.append(side.comparable(response))
        assert answers[1] == answers[0], f"{method} {path} as {key}, {options}"
        return json.loads(answers[1][1] or "null")

    def create(self, name: str, *rows: Any) -> Any:
        return self.call("POST", f"/workflows/{{{name}}}/tasks", json={"tasks": [{"fields": row} for row in rows]})

    def set_status(self, status: str) -> None:
        """Change the status of the task that was created last, if there is one."""
        task_id = self.sides[1].names["task"]
        if not task_id:
            return
        Task.objects.filter(pk=task_id).update(status=status)
        self.fake.set_status([task_id], status)

    def put(self, archive: bytes, content_type: str = "application/zip") -> list[int]:
        real, fake = self.sides
        headers = {"Content-Type": content_type}
        answers = [
            real.api.session.put(real.upload_url, data=archive, headers=headers),
            requests.put(fake.upload_url, data=archive, headers=headers, timeout=5),
        ]
        return [answer.status_code for answer in answers]

    def ask_storage(self, method: str, addition: str) -> list[int]:
        """The status of each storage's answer; `addition` goes before the signature, which is then another one."""

        def changed(url: str) -> str:
            return url.replace("signature=", f"signature={addition}")

        headers = {"Content-Type": "application/zip"}
        real, fake = self.sides
        return [
            real.api.session.request(method, changed(real.upload_url), data=b"x", headers=headers).status_code,
            requests.request(method, changed(fake.upload_url), data=b"x", headers=headers, timeout=5).status_code,
        ]

    def process(self) -> None:
        run_jobs()
        self.fake.process(UUID(self.sides[1].names["upload"]))

    def upload(self, name: str, archive: bytes, **body: Any) -> Any:
        """The whole way, with each answer compared; the last status."""
        self.call("POST", f"/workflows/{{{name}}}/tasks/upload", json=body)
        path = f"/workflows/{{{name}}}/tasks/upload/{{upload}}"
        self.call("GET", path)
        self.call("POST", f"{path}/confirm")
        assert self.put(archive) == [200, 200]
        self.call("POST", f"{path}/confirm")
        self.call("POST", f"{path}/confirm")
        self.call("GET", path)
        self.process()
        return self.call("GET", path)


@pytest.fixture
def pair(server: Api) -> Iterator[Pair]:
    with fake_api(is_idempotent=True) as fake:
        yield Pair(server, fake)


def test_workflows_and_schemas(pair: Pair) -> None:
    for name in [*WORKFLOWS, "elsewhere"]:
        pair.call("GET", f"/workflows/{{{name}}}")
        pair.call("GET", f"/workflows/{{{name}}}/schema")
    pair.call("GET", "/health", key="")


@each_case("key", ["", "dead", "foreign", "live"])
@each_case(
    ("method", "path"),
    [
        ("GET", "/workflows/{open}"), ("GET", "/workflows/{elsewhere}"), ("GET", "/workflows/{open}/tasks"),
        ("GET", "/workflows/{open}/tasks/1"), ("POST", "/workflows/{open}/tasks"), ("GET", "/nowhere"),
        ("POST", "/workflows/{files}/tasks/upload"), ("DELETE", "/workflows/{open}/tasks"),
        ("POST", "/workflows/{files}/tasks/upload/{upload}/confirm"), ("GET", "/workflows/x"),
        ("GET", "/workflows/{open}/tasks/"), ("POST", "/workflows/{open}/tasks/"), ("GET", "/workflows/{open}/"),
        ("GET", "/workflows/{open}/tasks/x"), ("GET", "/workflows/{files}/tasks/upload/nonsense"),
    ],
)  # fmt: skip
def test_keys_and_addresses(pair: Pair, method: str, path: str, key: str) -> None:
    pair.call(method, path, key=key)


@each_case(
    "headers",
    [
        {"X-API-Key": "{live}"}, {"X-API-Key": "{dead}"}, {"X-API-Key": ""}, {"Authorization": "Basic x"},
        {"Authorization": "Basic x", "X-API-Key": "{live}"}, {"Authorization": "Bearer {dead}", "X-API-Key": "{live}"},
        {"Authorization": "Bearer "}, {"Authorization": "bearer {live}"},
    ],
)  # fmt: skip
def test_key_headers(pair: Pair, headers: dict[str, str]) -> None:
    pair.call("GET", "/workflows/{open}", key="", headers=headers)


@each_case(
    "body",
    [
        b"", b"{", b"[]", b"7", b"{}", b'{"tasks": 7}', b'{"tasks": []}', b'{"tasks": [7]}', b'{"tasks": [{}]}',
        b'{"tasks": [{"fields": 7}]}', b'{"tasks": [{"fields": {}}, {}, 3]}',
        b'{"tasks": [' + b",".join([b'{"fields": {}}'] * 5001) + b"]}",
        b'{"tasks": [' + b",".join([b"{}"] * 25) + b"]}",
    ],
)  # fmt: skip
@each_case("path", ["/workflows/{open}/tasks", "/workflows/{draft}/tasks"])
def test_bodies_that_are_no_list_of_tasks(pair: Pair, path: str, body: bytes) -> None:
    pair.call("POST", path, data=body)


@each_case("key", ["", "k-1", "two words", "k" * 256])
def test_requests_that_are_repeated(pair: Pair, key: str) -> None:
    headers = {"Idempotency-Key": key}
    for name, rows in (("open", [GOOD, {}]), ("open", [GOOD, {}]), ("open", [GOOD]), ("typed", [{}]), ("draft", [{}])):
        body = {"tasks": [{"fields": row} for row in rows]}
        for query in ("?dry_run=true", "", "?dry_run=maybe"):
            pair.call("POST", f"/workflows/{{{name}}}/tasks{query}", json=body, headers=headers)
    pair.call("GET", "/workflows/{open}/tasks", headers=headers)
    pair.call("GET", "/workflows/{open}/tasks", key="dead", headers=headers)
    pair.call("GET", "/nowhere", headers=headers)


def test_an_error_does_not_use_up_the_key(pair: Pair) -> None:
    headers = {"Idempotency-Key": "k-1"}
    for name in ("draft", "elsewhere", "files", "open"):
        pair.call("POST", f"/workflows/{{{name}}}/tasks", json={"tasks": [{"fields": GOOD}]}, headers=headers)
    pair.call("POST", "/workflows/{open}/tasks", json={"tasks": [{"fields": GOOD}]}, headers=headers)


def test_uploads_that_are_started_again_and_cancelled(pair: Pair) -> None:
    headers, path = {"Idempotency-Key": "k-1"}, "/workflows/{files}/tasks/upload"
    for body in ({}, {}, {"file_size_bytes": 10}):
        pair.call("POST", path, json=body, headers=headers)
    assert pair.put(archives.files("a.png")) == [200, 200]
    for _ in range(2):
        pair.call("DELETE", f"{path}/{{upload}}")
    for method, tail in (("POST", ""), ("GET", "/{upload}"), ("POST", "/{upload}/confirm"), ("DELETE", "/nonsense")):
        pair.call(method, path + tail, headers=headers)
    assert pair.put(archives.files("a.png")) == [403, 403]
    add_heartbeat()
    pair.upload("files", archives.files("a.png"))
    pair.call("DELETE", f"{path}/{{upload}}")


def test_both_documents_declare_the_idempotency_key(pair: Pair) -> None:
    documents = [side.call("GET", "/openapi.json", "", {}).json() for side in pair.sides]
    for path in ("tasks", "tasks/upload"):
        real, fake = (one["paths"][f"/api/v1/workflows/{{workflow_id}}/{path}"]["post"] for one in documents)
        kinds = [
            {(each["in"], each["name"], each["required"]) for each in operation["parameters"] if each["in"] != "query"}
            for operation in (real, fake)
        ]
        assert kinds[0] == kinds[1]
        for status in fake["responses"]:
            assert fake["responses"][status].get("headers", {}).keys() <= real["responses"][status]["headers"].keys()


def test_created_rejected_and_partly_created(pair: Pair) -> None:
    pair.create("open", GOOD)
    pair.create("open", GOOD, {}, {"Text": "x"}, GOOD | {"target_language": "Klingon"}, {"input_text": " "})
    pair.create("open", *[{}] * 25)
    pair.create("open", {f"field {number}": "x" for number in range(15)})
    pair.create("typed", {"short_text": 7, "boolean": "maybe", "numeric": 11, "rating": "2", "datetime": "soon"})
    pair.create("typed", {"select": "Dutch", "ranking": ["a"], "code": None}, {"numeric": "3", "ranking": ["b", "a"]})
    pair.create("paused", {"input_text": "x"})
    pair.create("draft", {"input_text": "x"})
    pair.create("files", {"photo": "x"})
    for name in ("open", "typed", "paused"):
        pair.call("GET", f"/workflows/{{{name}}}/tasks")


def test_the_list_is_read_page_by_page(pair: Pair) -> None:
    for number in range(5):
        pair.create("open", *[GOOD] * (number + 1))
        pair.set_status("failed")
    pair.call("GET", "/workflows/{open}/tasks?limit=4")
    for _ in range(4):
        pair.call("GET", "/workflows/{open}/tasks?limit=4&cursor={cursor}")
    pair.call("GET", "/workflows/{open}/tasks?limit=2&status=failed")
    pair.call("GET", "/workflows/{open}/tasks?limit=2&status=failed&cursor={cursor}")
    pair.call("GET", "/workflows/{open}/tasks?limit=15")
    pair.call("GET", "/workflows/{open}/tasks/{task}")
    pair.call("GET", "/workflows/{paused}/tasks/{task}")
    pair.call("GET", "/workflows/{open}/tasks/999999")


@each_case(
    "query",
    [
        "limit=0", "limit=201", "limit=x", "limit=", "limit=-1", "status=lost", "status=", "cursor=", "cursor=x",
        "cursor=e30=", "cursor=eyJsYXN0X2lkIjogMH0=", "cursor=eyJsYXN0X2lkIjogIjEifQ==", "limit=200&unknown=1",
        "status=lost&cursor=x",
    ],
)  # fmt: skip
@each_case("name", ["open", "elsewhere"])
def test_queries_of_the_list(pair: Pair, name: str, query: str) -> None:
    pair.call("GET", f"/workflows/{{{name}}}/tasks?{query}")


@pytest.mark.parametrize(
    ("name", "archive", "body"),
    [
        ("files", archives.files("a.png", "b.png"), {}),
        ("files", archives.files("a.png", "folder/b.png"), {"file_size_bytes": 10}),
        ("files", archives.only_junk(), {}),
        ("sides", archives.files("one/front.png", "one/back.png", "two/front.png", "two/other.png", "c.png"), {}),
        ("files", archives.files("photos/a.png", "photos/b.png"), {}),
        ("sides", archives.files("one/front.png", "one/front.jpg", "one/back.png"), {}),
        ("sides", archives.files("all/one/front.png", "all/one/back.png"), {}),
        ("captioned", archives.files("A.png", "b.png", ".c.png"), {"tasks": [
            {"fields": {"photo": path, "target_language": "French"}} for path in ("a.PNG", "b.png", ".c.png", "d.png")
        ]}),
        ("captioned", archives.files("a.png"), {"tasks": [
            {"fields": {"photo": "a.png", "target_language": "French"}},
            {"fields": {"photo": "missing.png", "target_language": "French"}},
            {"fields": {"photo": "a.png", "target_language": "Klingon"}},
            {"fields": {}},
        ]}),
    ],
)  # fmt: skip
def test_uploads(pair: Pair, name: str, archive: bytes, body: dict[str, Any]) -> None:
    add_heartbeat()
    pair.upload(name, archive, **body)
    pair.call("GET", f"/workflows/{{{name}}}/tasks")


def test_uploads_that_cannot_begin(pair: Pair) -> None:
    for name in ("open", "captioned", "closed", "elsewhere", "files"):
        pair.call("POST", f"/workflows/{{{name}}}/tasks/upload", json={})
    for body in (
        {"tasks": []},
        {"file_size_bytes": 0},
        {"file_size_bytes": 10**15},
        {"file_size_bytes": "x"},
        {"tasks": [{}]},
    ):
        pair.call("POST", "/workflows/{files}/tasks/upload", json=body)
    pair.call("POST", "/workflows/{files}/tasks/upload")
    assert pair.put(b"x", "text/plain") == [403, 403]


def test_an_archive_that_is_none_and_a_workflow_that_closes_meanwhile(pair: Pair) -> None:
    add_heartbeat()
    pair.upload("files", b"no archive")
    path = "/workflows/{files}/tasks/upload/{upload}"
    pair.call("POST", "/workflows/{files}/tasks/upload")
    pair.put(archives.files("a.png"))
    pair.call("POST", f"{path}/confirm")
    workflow_id = pair.sides[0].names["files"]
    Workflow.objects.filter(pk=workflow_id).update(status="COMPLETED")
    pair.fake.workflows[workflow_id].status = "COMPLETED"
    pair.process()
    pair.call("GET", path)


def test_the_storage_takes_a_signed_put_and_nothing_else(pair: Pair) -> None:
    pair.call("POST", "/workflows/{files}/tasks/upload")
    for method in ("GET", "POST", "DELETE"):
        assert pair.ask_storage(method, "") == [405, 405]
    assert pair.ask_storage("PUT", "0") == [403, 403]
    assert pair.ask_storage("PUT", "") == [200, 200]


def test_an_upload_without_a_worker_or_without_who_made_the_key(pair: Pair) -> None:
    pair.call("POST", "/workflows/{files}/tasks/upload")
    pair.put(archives.files("a.png"))
    pair.fake.has_worker = False
    pair.call("POST", "/workflows/{files}/tasks/upload/{upload}/confirm")
    pair.call("GET", "/workflows/{files}/tasks/upload/{upload}")
    pair.tenant.admin.memberships.all().delete()
    pair.fake.keys_without_creator.add(pair.sides[1].keys["live"])
    for method, tail in (("POST", ""), ("GET", "/{upload}"), ("POST", "/{upload}/confirm")):
        pair.call(method, f"/workflows/{{files}}/tasks/upload{tail}")


names = st.sampled_from(["open", "paused", "draft", "typed", "bare", "elsewhere"])
values = st.one_of(
    st.text(max_size=5),
    st.none(),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.text(max_size=2)),
)
rows = st.dictionaries(st.sampled_from(["input_text", "target_language", *(one["name"] for one in EVERY_TYPE)]), values)
steps = st.one_of(
    st.tuples(st.just("create"), names, st.lists(st.one_of(rows, st.just(GOOD)), max_size=4)),
    st.tuples(st.just("list"), names, st.integers(1, 5)),
    st.tuples(st.just("next"), names, st.integers(1, 5)),
    st.tuples(st.just("task"), names, st.none()),
    st.tuples(st.just("status"), st.none(), st.sampled_from(["failed", "finished", "paused"])),
)


@given(played=st.lists(steps, max_size=12))
def test_any_sequence_of_calls(server: Api, played: list[tuple[str, Any, Any]]) -> None:
    with transaction.atomic(), fake_api(is_idempotent=True) as fake:
        play(Pair(server, fake), played)
        transaction.set_rollback(True)


def play(pair: Pair, played: list[tuple[str, Any, Any]]) -> None:
    for what, name, more in played:
        note(f"{what} {name} {more}")
        if what == "create":
            pair.create(name, *more)
        elif what == "status":
            pair.set_status(more)
        else:
            tail = {"list": f"?limit={more}", "next": f"?limit={more}&cursor={{cursor}}", "task": "/{task}"}[what]
            pair.call("GET", f"/workflows/{{{name}}}/tasks{tail}")
