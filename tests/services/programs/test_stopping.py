"""A program that receives SIGTERM notices it in whatever code it runs, and in all of its threads."""

import subprocess
import sys
import time
from pathlib import Path

# Each child receives the signal at another function call inside `sleep`: the handler then runs there, in the same
# thread. A handler that waited for what the interrupted code holds would never return.
RESTS = """
import os, signal, sys
from pipelines_portal.core import shutdown

def rest_until(number):
    calls = []

    def count(frame, event, argument):
        calls.append(event)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGTERM)

    shutdown.handle_signals()
    sys.settrace(count)
    shutdown.sleep(0.5)
    sys.settrace(None)
    os._exit(0 if shutdown.is_stopping() == (len(calls) >= number) else 1)

children = []
for number in range(1, 8):
    child = os.fork()
    if not child:
        rest_until(number)
    children.append(child)
sys.exit(any([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]))
"""

# The main thread waits a minute for a lock. Three other threads rest until they notice the signal.
WAITS = """
import os, sqlite3, sys, threading
from pipelines_portal.core import shutdown

def rest():
    shutdown.sleep(600)
    ended.release()

def end():
    for _ in resting:
        ended.acquire()
    os._exit(7)

shutdown.handle_signals()
ended = threading.Semaphore(0)
resting = [threading.Thread(target=rest) for _ in range(3)]
for thread in [*resting, threading.Thread(target=end)]:
    thread.start()
sqlite3.connect(sys.argv[1], isolation_level=None).execute("BEGIN IMMEDIATE")
second = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
print("waits", flush=True)
second.execute("BEGIN IMMEDIATE")
"""


def test_a_signal_at_any_point_of_a_rest_ends_it() -> None:
    subprocess.run([sys.executable, "-c", RESTS], check=True, timeout=20)


def test_all_threads_notice_while_the_main_one_waits_for_sqlite(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WAITS, str(tmp_path / "database")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "waits\n"
        time.sleep(0.2)
        process.terminate()
        assert process.wait(30) == 7
