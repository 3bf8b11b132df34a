"""`make run`, as a person starts and stops it."""

import os
import re
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from cryptography.fernet import Fernet
from django.conf import settings

from tests import databases
from tests.external_api.server import PROJECT, free_port
from tests.live import Portal, answers, wait_until

START_SECONDS = 60


def as_from_a_shell() -> dict[str, str]:
    """Without what a `make test` around us says to makes below it, which would keep their output back, and without the
    run's own databases: `make run` makes some itself.
    """
    ours = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", *databases.NAMES.values())
    return {name: value for name, value in os.environ.items() if name not in ours}


@contextmanager
def make_run(folder: Path, terminal: int = 0, **env: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`make run` in a process group of its own, and the file with all it says, if not in a `terminal`."""
    said = folder / "said.log"
    with said.open("wb") as out:
        process = subprocess.Popen(
            ["make", "run"], cwd=PROJECT, env=as_from_a_shell() | env, stdout=terminal or out, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield process, said
    finally:
        if process.poll() is None:
            process.terminate()  # its programs have sessions of their own: only make can end them all
        process.wait(timeout=20)


def ports_and_folder(folder: Path) -> dict[str, str]:
    return {"PORT": str(free_port()), "API_PORT": str(free_port()), "DATA_DIR": str(folder / "data")}


def programs_of(data_dir: Path) -> list[str]:
    """Return the command lines of the processes that run with this DATA_DIR."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"DATA_DIR={data_dir}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text())
    return found


def wait_for_banner(said: Path, process: subprocess.Popen[bytes]) -> None:
    def is_there() -> bool:
        assert process.poll() is None, said.read_text()
        return "Ctrl-C" in said.read_text()

    wait_until(is_there, "the address to be printed", START_SECONDS)


def stop(process: subprocess.Popen[bytes], *, by_keyboard: bool) -> None:
    """SIGTERM to make, or what Ctrl-C in a terminal does: SIGINT to all of its group."""
    if by_keyboard:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)


def lets_in(api: str, origin: str) -> bool:
    """Whether the storage answers a browser's preflight for a page of `origin`."""
    address = f"{api.removesuffix('/api/v1')}/storage/archives/{uuid4()}.zip"
    asking = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    answer = requests.options(address, headers=asking, timeout=10)
    return answer.headers.get("Access-Control-Allow-Origin") == origin


def workflows_of(portal_url: str, email: str = "demo@example.com") -> str:
    session = Portal(portal_url, None, {}).sign_in(email, "pipelines-demo")  # type: ignore[arg-type]
    return session.get(portal_url, timeout=10).text


def sidebar_of(page: str) -> str:
    """Return the list of workflows beside the page, which itself links to what needs attention."""
    return page.partition('<nav aria-label="Workflows">')[2].partition("</nav>")[0]


def test_it_starts_says_where_to_go_keeps_its_data_and_stops(tmp_path: Path) -> None:
    env = ports_and_folder(tmp_path)
    portal, api = f"http://localhost:{env['PORT']}", f"http://localhost:{env['API_PORT']}/api/v1"
    for start in ("first", "second"):
        with make_run(tmp_path, **env) as (process, said):
            wait_for_banner(said, process)
            words = said.read_text()
            assert portal in words
            assert "demo@example.com   pipelines-demo" in words
            assert "operator@example.com   pipelines-demo" in words
            assert [line for line in words.splitlines() if line.endswith("…")][-3:] == (
                ["Preparing the databases and static files …", "Starting the programs …", "Loading the demo …"]
                if start == "first"
                else ["Starting the programs …"]
            )
            assert words.rstrip().endswith("Ctrl-C"), "the addresses are the last thing on the screen"
            page = workflows_of(portal)
            assert "French translations" in page, "the first page already shows workflows"
            assert "French translations" in workflows_of(portal, "operator@example.com"), "by a key that is shared"
            assert lets_in(api, portal), "the browser may send archives to the storage"
            if start == "first":
                workflows = sidebar_of(page).count("/keys/1/workflows/42/")
            else:
                assert sidebar_of(page).count("/keys/1/workflows/42/") == workflows, "nothing is loaded twice"
            stop(process, by_keyboard=start == "second")
            wait_until(lambda: not answers(f"{portal}/health") and not answers(f"{api}/health"), "all to end", 10)
            assert said.read_text().rstrip().endswith("Ctrl-C"), "nothing was printed after it"
            logs = {file.name: file.read_text() for file in (tmp_path / "data" / "log").glob("*.log")}
            assert {"portal-0.log", "portal-worker.log", "api-0.log", "api-worker.log"} <= set(logs)
            assert "killing" not in logs["supervisord.log"]


@pytest.mark.full
@pytest.mark.parametrize("by_keyboard", [False, True])
def test_told_to_end_while_it_prepares_it_leaves_nothing_at_work(by_keyboard: bool, tmp_path: Path) -> None:
    env = ports_and_folder(tmp_path)
    with make_run(tmp_path, **env) as (process, said):
        data = Path(env["DATA_DIR"])
        wait_until(lambda: (data / "portal.sqlite3").exists(), "it to prepare", START_SECONDS)
        stop(process, by_keyboard=by_keyboard)
        assert programs_of(data) == []
        assert "Traceback" not in said.read_text()
        assert not answers(f"http://localhost:{env['PORT']}/health")


@pytest.mark.full
def test_a_closed_terminal_ends_it(tmp_path: Path) -> None:
    """Nothing that is said then is written anywhere."""
    env = ports_and_folder(tmp_path)
    pid_file = Path(env["DATA_DIR"]) / "supervisord.pid"
    ours, its = os.openpty()
    with make_run(tmp_path, its, **env) as (process, _):
        os.close(its)
        wait_until(lambda: read(ours) and pid_file.exists(), "it to start", START_SECONDS)
        wait_until(
            lambda: read(ours) and answers(f"http://localhost:{env['PORT']}/health"), "the portal", START_SECONDS
        )
        pid = pid_file.read_text().strip()
        os.close(ours)
        os.killpg(process.pid, signal.SIGHUP)
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), "all to end", 30)
        wait_until(lambda: not programs_of(Path(env["DATA_DIR"])), "what loads the demo to end, too", 30)


def read(terminal: int) -> bool:
    """What is said there, so that there is room for more."""
    while select.select([terminal], [], [], 0)[0]:
        os.read(terminal, 65_536)
    return True


@pytest.mark.full
def test_before_another_api_only_the_portal_starts(tmp_path: Path) -> None:
    env = ports_and_folder(tmp_path) | {"PIPELINES_API_URL": f"http://127.0.0.1:{free_port()}/api/v1"}
    with make_run(tmp_path, **env) as (process, said):
        wait_for_banner(said, process)
        words = said.read_text()
        assert "pipelines-demo" not in words, "the demo, and only the demo, has that account"
        assert f"First account      http://localhost:{env['PORT']}/setup/?code=" in words
        assert not answers(f"http://localhost:{env['API_PORT']}/api/v1/health")
        session = requests.Session()
        assert session.get(f"http://localhost:{env['PORT']}/", timeout=10).url.endswith("/sign-in/?next=/")
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@pytest.mark.full
def test_in_production_there_is_no_demo_and_only_https(tmp_path: Path) -> None:
    env = ports_and_folder(tmp_path) | {
        "ALLOWED_HOSTS": "portal.example.com",
        "SECRET_KEY": "only-for-tests-" + "x" * 50,
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
    portal, api = f"http://127.0.0.1:{env['PORT']}", f"http://127.0.0.1:{env['API_PORT']}/api/v1"
    with make_run(tmp_path, **env) as (process, said):
        wait_for_banner(said, process)
        assert "pipelines-demo" not in said.read_text()
        plain = requests.get(
            f"{portal}/sign-in/", headers={"Host": "portal.example.com"}, timeout=10, allow_redirects=False
        )
        assert plain.headers["Location"] == "https://portal.example.com/sign-in/"
        secure = {"Host": "portal.example.com", "X-Forwarded-Proto": "https"}
        answer = requests.get(f"{portal}/sign-in/", headers=secure, timeout=10)
        assert answer.status_code == 200
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        assert requests.get(f"{api}/workflows/1", timeout=10, allow_redirects=False).status_code == 401
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@pytest.mark.full
def test_with_another_bind_it_starts_without_the_demo(tmp_path: Path) -> None:
    """Others reach the programs there. A demo that was loaded before is refused."""
    env = ports_and_folder(tmp_path)
    sign_in = {"data": {"username": "demo@example.com", "password": "pipelines-demo"}, "timeout": 10}
    with make_run(tmp_path, **env) as (process, said):
        wait_for_banner(said, process)
        assert "pipelines-demo" in said.read_text()
        stop(process, by_keyboard=False)
    with make_run(tmp_path, **env, BIND="0.0.0.0") as (process, said):
        wait_for_banner(said, process)
        words = said.read_text()
        assert "Starting without the demo, because BIND is 0.0.0.0 and its passwords are published." in words
        assert "Demo accounts in the portal's database: 4." in words
        assert "Demo accounts in the External API's database: 4." in words
        assert "demo@example.com" not in words
        with requests.Session() as session:
            address = f"http://127.0.0.1:{env['PORT']}/sign-in/"
            session.get(address, timeout=10)
            sign_in["data"]["csrfmiddlewaretoken"] = session.cookies[settings.CSRF_COOKIE_NAME]  # type: ignore[index]
            assert session.post(address, **sign_in).status_code == 422
        stop(process, by_keyboard=False)


@pytest.mark.full
def test_a_bad_value_ends_the_start_with_its_sentence(tmp_path: Path) -> None:
    with make_run(tmp_path, PORT="eighty") as (process, said):
        assert process.wait(timeout=30) != 0
        assert "PORT must be a port number between 1 and 65535." in said.read_text()
        assert "Traceback" not in said.read_text()


@pytest.mark.full
def test_a_killed_program_is_started_again_alone(tmp_path: Path) -> None:
    """Worker or web process: the others continue, and a line of the log says what happened."""
    env = ports_and_folder(tmp_path)
    portal = f"http://localhost:{env['PORT']}/health"
    log = tmp_path / "data" / "log" / "supervisord.log"
    with make_run(tmp_path, **env) as (process, said):
        wait_for_banner(said, process)
        pids = dict(re.findall(r"spawned: '([\w-]+)' with pid (\d+)", log.read_text()))
        for name in ("portal-worker", "api-worker", "portal-0"):
            os.kill(int(pids[name]), signal.SIGKILL)
        for name in ("portal-worker", "api-worker", "portal-0"):
            wait_until(lambda name=name: log.read_text().count(f"spawned: '{name}'") == 2, f"{name} to start again")
            assert f"exited: {name} (terminated by SIGKILL; not expected)" in log.read_text()
        wait_until(lambda: answers(portal), "the portal to answer again")
        assert log.read_text().count("spawned: 'api-0'") == 1, "what was not killed goes on"
        stop(process, by_keyboard=False)


@pytest.mark.full
@pytest.mark.parametrize("name", ["PORT", "API_PORT"])
def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path, name: str) -> None:
    env = ports_and_folder(tmp_path)
    with socket.create_server(("127.0.0.1", int(env[name]))), make_run(tmp_path, **env) as (process, said):
        assert process.wait(timeout=30) != 0
        words = said.read_text()
    assert f"127.0.0.1:{env[name]} cannot be listened on (Address already in use). Set BIND or {name}." in words
    assert "Starting" not in words
    assert "Traceback" not in words


@pytest.mark.full
def test_one_port_for_both_is_said_before_anything_starts(tmp_path: Path) -> None:
    env = ports_and_folder(tmp_path)
    with make_run(tmp_path, **env | {"API_PORT": env["PORT"]}) as (process, said):
        assert process.wait(timeout=30) != 0
        words = said.read_text()
    assert f"PORT and API_PORT are both {env['PORT']}." in words
    assert "Starting" not in words


@pytest.mark.full
def test_a_second_start_names_what_ends_the_first(tmp_path: Path) -> None:
    env = ports_and_folder(tmp_path)
    (tmp_path / "second").mkdir()
    with make_run(tmp_path, **env) as (first, said):
        wait_for_banner(said, first)
        with make_run(tmp_path / "second", **env) as (second, answer):
            assert second.wait(timeout=30) != 0
            (pid,) = re.findall(r"stop it with kill (\d+)\.", answer.read_text())
        os.kill(int(pid), signal.SIGTERM)
        wait_until(lambda: first.poll() is not None, "the first to end")
        assert not answers(f"http://localhost:{env['PORT']}/health")


@pytest.mark.full
def test_a_folder_that_cannot_be_written_is_said_before_anything_starts(tmp_path: Path) -> None:
    with make_run(tmp_path, **ports_and_folder(tmp_path) | {"DATA_DIR": "/proc/nowhere"}) as (process, said):
        assert process.wait(timeout=30) != 0
        words = said.read_text()
    assert "DATA_DIR must be a writable folder" in words
    assert "Traceback" not in words
