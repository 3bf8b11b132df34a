"""A Python program run in a fork of this process, in place of one that starts from nothing."""

import atexit
import os
import runpy
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import NoReturn

HANDLED_BY_PARENT = (signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR2)


def start(arguments: Sequence[str]) -> int:
    """The process id of a fork that runs `python *arguments`."""
    pid = os.fork()
    if not pid:
        become(arguments, os.environ.copy())
    return pid


def ask(arguments: Sequence[str], given: str = "") -> str:
    """What a fork that runs `python *arguments` prints, `given` being its input: both no more than a pipe holds."""
    (source, sink), (answer, said) = os.pipe(), os.pipe()
    os.write(sink, given.encode())
    os.close(sink)
    pid = os.fork()
    if not pid:
        os.dup2(source, 0)
        os.dup2(said, 1)
        become(arguments, os.environ.copy())
    os.close(source)
    os.close(said)
    with os.fdopen(answer) as text:
        printed = text.read()
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError(f"{arguments[1]} failed.")
    return printed


def become(arguments: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Go on as `python *arguments` in `env`. To be called in a fork: it never comes back."""
    code = 1
    try:
        _forget_the_parent(env)
        code = _exit_code(arguments)
        # What the interpreter itself would do at its end.
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
    finally:
        os._exit(code)


def _forget_the_parent(env: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(env)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in HANDLED_BY_PARENT:
        signal.signal(number, signal.SIG_DFL)


def _exit_code(arguments: Sequence[str]) -> int:
    try:
        _run(list(arguments))
    except SystemExit as end:
        return _code_of(end)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _run(arguments: list[str]) -> None:
    """`-m module …` or `script …`, as the interpreter takes them."""
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


def _code_of(end: SystemExit) -> int:
    if isinstance(end.code, str):
        print(end.code, file=sys.stderr)
        return 1
    return end.code or 0
