"""What tests do inside a running program, past its pages: functions and management commands, as that program runs them.

A program's settings take most of a second to load, and a run of all tests asks for hundreds of such calls. So each
running program has a process beside it with its settings loaded, and every call is a fork of that one: it knows of no
call before it. Tests write what no page can (a state on the wire, an expired link) where lint and types see it.
"""

import importlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import weakref
from socketserver import ForkingMixIn, StreamRequestHandler, UnixStreamServer
from typing import Any

import django
from django.core.management import execute_from_command_line

from tests import starting

START_SECONDS = 120


class Inside:
    """Calls under the settings and the environment of one program. Starts with the first call."""

    def __init__(self, env: dict[str, str]) -> None:
        """`env` is set over the tests' own, as it is at each call."""
        self.env = env
        self.starting = threading.Lock()
        self.process: starting.Process | None = None
        self.folder = tempfile.mkdtemp(prefix="calls-")
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def run(self, module: str, name: str, given: dict[str, Any]) -> Any:
        """What the function of that name, of `tests.inside_portal` or the like, returns."""
        answer = self._ask({"module": module, "name": name, "given": given})
        assert answer["code"] == 0, answer["stderr"]
        return answer["returned"]

    def manage(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """A management command; `given` is its standard input. Raises CalledProcessError as `subprocess.run` does."""
        answer = self._ask({"command": ["manage.py", *arguments], "stdin": given})
        done = subprocess.CompletedProcess([*arguments], answer["code"], answer["stdout"], answer["stderr"])
        done.check_returncode()
        return done

    def close(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        with self._connected() as connection:
            connection.sendall(json.dumps(asked | {"env": self.env}).encode() + b"\n")
            answer = connection.makefile("rb").readline()
        assert answer, "the call ended without an answer"
        return json.loads(answer)

    def _connected(self) -> socket.socket:
        with self.starting:
            if not self.process:
                self.process = starting.start("-m", "tests.calling", self._address, env=os.environ | self.env)
        given_up = time.monotonic() + START_SECONDS
        while not (connection := self._try_to_connect()):
            assert self.process.poll() is None and time.monotonic() < given_up, "the calls' process did not start"
            time.sleep(0.02)
        return connection

    def _try_to_connect(self) -> socket.socket | None:
        """Its address is there a moment before it listens."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(120)
        try:
            connection.connect(self._address)
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            return None
        return connection

    @property
    def _address(self) -> str:
        return f"{self.folder}/socket"


class _Call(StreamRequestHandler):
    """In a fork of its own: whatever the call prints is caught at the descriptors, as a process' own would be."""

    def handle(self) -> None:
        random.seed()
        asked = json.loads(self.rfile.readline())
        os.environ.update(asked["env"])
        caught = {number: tempfile.TemporaryFile("w+b") for number in (0, 1, 2)}  # noqa: SIM115
        caught[0].write(asked.get("stdin", "").encode())
        caught[0].seek(0)
        for number, file in caught.items():
            os.dup2(file.fileno(), number)
        answer = _answer(asked)
        for name, number in {"stdout": 1, "stderr": 2}.items():
            caught[number].seek(0)
            answer[name] = caught[number].read().decode()
        self.wfile.write(json.dumps(answer).encode() + b"\n")


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    code, returned = 0, None
    try:
        if "command" in asked:
            execute_from_command_line(asked["command"])
        else:
            function = getattr(importlib.import_module(asked["module"]), asked["name"])
            returned = function(**asked["given"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return {"code": code, "returned": returned}


class _Calls(ForkingMixIn, UnixStreamServer):
    """Ends with the process that asks, also when that one is killed."""

    block_on_close = False
    max_children = 100
    asking = os.getppid()

    def service_actions(self) -> None:
        super().service_actions()
        if os.getppid() != self.asking:
            os._exit(0)


if __name__ == "__main__":
    django.setup()
    _Calls(sys.argv[1], _Call).serve_forever(poll_interval=0.2)
