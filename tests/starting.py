"""Starts programs of this project as `python -m …` and `python manage.py …` do, without loading others' code each time.

A start takes a second of a core, half of it to load what others wrote, and a run of all tests starts hundreds of
programs. So each run has a process that has that loaded, and nothing else: no settings, no models, no threads. A start
is a fork of it that takes on the arguments, the environment and the files it is given, and runs as main. `make run`
itself, and what refuses to start, are started for real by the tests that are about them.
"""

import ast
import atexit
import gc
import importlib
import json
import os
import random
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from django import conf

# Constants of the settings that a test may give to a program that it starts, like environment variables.
CONSTANTS = {
    *("BODY_SECONDS", "FOLDER_ZIP_BYTES", "PORTAL_ORIGINS"),
    *("STORAGE_CONCURRENT_UPLOADS", "STORAGE_LEAST_BYTES_PER_SECOND", "STORAGE_STALL_SECONDS"),
    *("UPLOAD_GRACE_SECONDS", "UPLOAD_LEASE_SECONDS", "UPLOAD_SWEEP_SECONDS"),
}
PROJECT = Path(__file__).resolve().parents[1]
ENDING_SECONDS = 10
# Where the process beside listens: what a test starts finds it there as well.
ADDRESS = "TESTS_STARTED_AT"


class Process:
    """What `subprocess.Popen` tells and does, for a fork of the process beside."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.connection = connection
        self.pid = pid
        self.returncode: int | None = None
        self.reading = threading.Lock()

    def poll(self) -> int | None:
        try:
            return self.wait(timeout=0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        with self.reading:
            if self.returncode is None:
                self.connection.settimeout(timeout)
                try:
                    told = self.connection.recv(32)
                except (BlockingIOError, TimeoutError) as late:
                    raise subprocess.TimeoutExpired([f"process {self.pid}"], timeout or 0) from late
                self.returncode = int(told or -signal.SIGKILL)
                self.connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            # It may end between the two, and then is gone at once: its own parent is the process beside.
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(*arguments: str, env: dict[str, str], output: int = 1, errors: int = 2) -> Process:
    """`arguments` as after `python`; `env` is its whole environment; it prints into these files."""
    connection = _ask_beside()
    connection.settimeout(60)
    with Path(os.devnull).open("rb") as nothing:
        asked = json.dumps({"arguments": arguments, "env": env}).encode()
        socket.send_fds(connection, [len(asked).to_bytes(4, "big")], [nothing.fileno(), output, errors])
        connection.sendall(asked)
        return Process(connection, int.from_bytes(connection.recv(4), "big"))


def run(*arguments: str, env: dict[str, str], check: bool = True) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` with what it printed, as text."""
    output, errors = (os.memfd_create(name) for name in ("output", "errors"))
    try:
        code = start(*arguments, env=env, output=output, errors=errors).wait(timeout=120)
        done = subprocess.CompletedProcess(arguments, code, _read(output), _read(errors))
    finally:
        os.close(output)
        os.close(errors)
    if check:
        done.check_returncode()
    return done


def _read(file: int) -> str:
    return os.pread(file, os.fstat(file).st_size, 0).decode()


_sharing = threading.Lock()


def share() -> None:
    """The process beside, for this one and all that come of it: a run's processes, and the runs that tests start."""
    with _sharing:
        if ADDRESS not in os.environ:
            _start_beside()


def _start_beside() -> None:
    ours, its = socket.socketpair()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"\0pipelines-tests-{uuid4()}")
    listener.listen(100)
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "tests.starting", str(its.fileno()), str(listener.fileno())]
    process = subprocess.Popen(command, cwd=PROJECT, env=env, pass_fds=[its.fileno(), listener.fileno()])
    os.environ[ADDRESS] = listener.getsockname().decode()[1:]
    its.close()
    listener.close()
    atexit.register(process.wait, ENDING_SECONDS)
    atexit.register(ours.close)


def _ask_beside() -> socket.socket:
    """A connection for one start."""
    share()
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(f"\0{os.environ[ADDRESS]}")
    return connection


class _Beside:
    """Forks what it is asked for, and tells each asker how that ended. Ends with the process that started it."""

    def __init__(self, owner: socket.socket, asking: socket.socket) -> None:
        self.owner = owner
        self.asking = asking
        self.running: dict[int, socket.socket] = {}
        self.woken, self.wake = socket.socketpair()
        self.woken.setblocking(False)
        self.wake.setblocking(False)

    def serve(self) -> None:
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self.wake.fileno())
        with selectors.DefaultSelector() as selector:
            for file in (self.owner, self.asking, self.woken):
                selector.register(file, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if self.owner in ready:
                    return
                if self.woken in ready:
                    self._reap()
                if self.asking in ready:
                    self._start(selector)

    def _reap(self) -> None:
        self.woken.recv(1024)
        for pid in [*self.running]:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                with self.running.pop(pid) as connection:
                    _tell(connection, str(os.waitstatus_to_exitcode(status)).encode())

    def _start(self, selector: selectors.BaseSelector) -> None:
        connection, _ = self.asking.accept()
        size, files, _, _ = socket.recv_fds(connection, 4, 3)
        if not size:
            return connection.close()
        asked = json.loads(connection.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
        pid = os.fork()
        if not pid:
            ours = [connection, self.owner, self.asking, self.woken, self.wake, *self.running.values()]
            _become(asked, files, ours, selector)
        for file in files:
            os.close(file)
        self.running[pid] = connection
        return _tell(connection, pid.to_bytes(4, "big"))


def _tell(connection: socket.socket, told: bytes) -> None:
    try:
        connection.sendall(told)
    except OSError:
        pass  # nobody waits for it


def _become(asked: dict[str, Any], files: list[int], ours: Sequence[socket.socket], selector: Any) -> None:
    """In the fork; never returns."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    selector.close()
    for connection in ours:
        connection.close()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["env"])
    random.seed()
    _set_constants()
    os._exit(_main(asked["arguments"]))


def _set_constants() -> None:
    """Let the settings have the CONSTANTS that the environment names."""
    given = {name: os.environ[name] for name in CONSTANTS if name in os.environ}
    read = conf.Settings.__init__

    def read_and_set(settings: conf.Settings, module: str) -> None:
        read(settings, module)
        for name, text in given.items():
            if hasattr(settings, name):
                kind = type(getattr(settings, name))
                setattr(settings, name, text.split(",") if kind is list else kind(text))

    if given:
        conf.Settings.__init__ = read_and_set


def _main(arguments: list[str]) -> int:
    code = 0
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as ended:
        code = _code(ended)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _code(ended: SystemExit) -> int:
    """As the interpreter does it."""
    if ended.code is None or isinstance(ended.code, int):
        return ended.code or 0
    print(ended.code, file=sys.stderr)
    return 1


def _load_what_others_wrote() -> None:
    """Whatever the programs import at once, as far as it needs no settings."""
    assert "DJANGO_SETTINGS_MODULE" not in os.environ
    for name in sorted({name for path in (PROJECT / "pipelines_portal").rglob("*.py") for name in _imported(path)}):
        try:
            importlib.import_module(name)
        except Exception:
            continue


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return {name for name in found if not name.startswith("pipelines_portal")}


if __name__ == "__main__":
    gc.disable()
    # Some of it looks for settings, and goes on without them.
    sys.unraisablehook = lambda unraisable: None
    _load_what_others_wrote()
    sys.unraisablehook = sys.__unraisablehook__
    gc.freeze()
    gc.enable()
    _Beside(*(socket.socket(fileno=int(number)) for number in sys.argv[1:])).serve()
