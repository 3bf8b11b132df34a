"""An API that answers as scripted: one workflow with one page of tasks, or no answer at all."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .programs import WORKFLOW

TASKS = 50
TIME = "2026-03-30T12:00:00Z"
NODE_SUMMARY = {"total": 5, "finished": 0, "in_progress": 1, "pending": 4}
TASK = {"status": "in_progress", "node_summary": NODE_SUMMARY, "created_at": TIME, "updated_at": TIME}
# Any text of this form is a key.
KEY = "pk_live_" + "a" * 40


class ScriptedApi(ThreadingHTTPServer):
    """`requests` holds the method and path of each request. While `hangs` is set, no request is answered."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[str] = []
        self.hangs, self.released = threading.Event(), threading.Event()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.requests.append(f"{self.command} {self.path}")
        if self.server.hangs.is_set():
            self.server.released.wait()
            self.close_connection = True
            return
        body = json.dumps(_answer(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


def _answer(path: str) -> dict[str, Any]:
    if "/schema" in path:
        return {"fields": []}
    if "/tasks" in path:
        return {"tasks": [TASK | {"id": number} for number in range(TASKS, 0, -1)], "next_cursor": None}
    return {"id": WORKFLOW, "name": "French", "status": "ACTIVE"}


@contextmanager
def scripted_api() -> Iterator[ScriptedApi]:
    with ScriptedApi() as api:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        try:
            yield api
        finally:
            api.released.set()
            api.shutdown()
