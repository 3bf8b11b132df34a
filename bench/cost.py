"""What one operator's work costs: processor time of the portal and of the External API, and against a page that is nothing.

A round is what it takes to enter a task and look at it: list of 50, a task, the form, a new task. Printed are the
milliseconds of each program a round, what the portal takes for a request of it in answers of /health, and the cores
that PEOPLE who enter TASKS_A_DAY in HOURS keep busy on average. There is no limit: docs/scale.md reckons with it.
"""

import http.client
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shared.contestants import Contestant, here, running, set_up
from shared.operators import STEPS, at_work
from shared.processes import cpu_seconds

PEOPLE, TASKS_A_DAY, HOURS = 10_000, 300, 8
SECONDS, HEALTHS = 20.0, 2_000


def spent(pids: list[int], work: Callable[[], object]) -> float:
    """Seconds of the processor."""
    before = sum(map(cpu_seconds, pids))
    work()
    return sum(map(cpu_seconds, pids)) - before


def ask_health(contestant: Contestant) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", contestant.port)
    for _ in range(HEALTHS):
        connection.request("GET", "/health")
        connection.getresponse().read()
    connection.close()


def api_of(contestant: Contestant) -> list[int]:
    """Its process, by where it listens."""
    wanted = f"API_PORT={contestant.env['API_PORT']}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = b"external_api" in (place / "cmdline").read_bytes() and wanted in (place / "environ").read_bytes()
        except OSError:
            continue
        found += [int(place.name)] if is_ours else []
    return found


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-cost-") as folder:
        contestant = here(Path(folder) / "data")
        set_up(contestant, 1, 2, 200)
        with running(contestant) as portal:
            at_work(contestant, 1, 0, 3)
            api = api_of(contestant)
            worked = []
            of_api = spent(api, lambda: worked.append(spent(portal, lambda: worked.append(at_work(contestant, 1, 0, SECONDS)))))
            of_portal, work = worked[1], worked[0]
            health = spent(portal, lambda: ask_health(contestant)) / HEALTHS * 1000
        assert not work.errors, work.errors[:3]
        rounds = len(work.times["create"])
        a_round = of_portal / rounds * 1000, of_api / rounds * 1000
        print(f"{rounds} rounds: portal {a_round[0]:.1f} ms, API {a_round[1]:.1f} ms each")
        print(f"a request of the portal: {a_round[0] / len(STEPS):.2f} ms, in answers of /health {a_round[0] / len(STEPS) / health:.1f}")
        a_second = PEOPLE * TASKS_A_DAY / HOURS / 3600
        print(f"{PEOPLE:,} people, {a_second:.0f} tasks/s: portal {a_second * a_round[0] / 1000:.1f} cores, API {a_second * a_round[1] / 1000:.1f}")


if __name__ == "__main__":
    main()
