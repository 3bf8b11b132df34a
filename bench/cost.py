"""What one operator's work costs in processor time, of the portal and of the External API.

A round is what it takes to enter a task and to look at it: list of 50, a task, the form, a new task. Prints the
milliseconds of each program a round, how many answers of /health one of its requests is worth, and the cores that
PEOPLE who enter TASKS_A_DAY in HOURS keep busy on average. Has no limit: docs/scale.md reckons with it.
"""

import http.client
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shared.contestants import Contestant, here, running, set_up
from shared.operators import STEPS, at_work
from shared.processes import cpu_seconds, with_variable

PEOPLE, TASKS_A_DAY, HOURS = 10_000, 300, 8
WARMING, SECONDS, HEALTHS = 3.0, 20.0, 2_000


def ask_health(contestant: Contestant) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", contestant.port)
    for _ in range(HEALTHS):
        connection.request("GET", "/health")
        connection.getresponse().read()
    connection.close()


def measure(contestant: Contestant, portal: list[int]) -> tuple[float, float, float]:
    """Milliseconds: of a round, of the portal and of the API; and of an answer of /health."""
    api = with_variable("API_PORT", contestant.env["API_PORT"], program="external_api")
    at_work(contestant, 1, 0, WARMING)
    begun = cpu_seconds(portal), cpu_seconds(api)
    work = at_work(contestant, 1, 0, SECONDS)
    ended = cpu_seconds(portal), cpu_seconds(api)
    assert not work.errors, work.errors[:3]
    ask_health(contestant)
    of_health = (cpu_seconds(portal) - ended[0]) / HEALTHS
    rounds = len(work.times["create"])
    return (ended[0] - begun[0]) / rounds * 1000, (ended[1] - begun[1]) / rounds * 1000, of_health * 1000


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-cost-") as folder:
        contestant = here(Path(folder) / "data")
        set_up(contestant, 1, 2, 200)
        with running(contestant) as portal:
            of_portal, of_api, of_health = measure(contestant, portal)
    a_request, a_second = of_portal / len(STEPS), PEOPLE * TASKS_A_DAY / HOURS / 3600
    print(f"a round: portal {of_portal:.1f} ms, API {of_api:.1f} ms")
    print(f"a request of the portal: {a_request:.1f} ms, {a_request / of_health:.1f} answers of /health")
    print(f"{PEOPLE:,} people, {a_second:.0f} tasks/s: portal {a_second * of_portal / 1000:.1f} cores, ", end="")
    print(f"API {a_second * of_api / 1000:.1f}")


if __name__ == "__main__":
    main()
