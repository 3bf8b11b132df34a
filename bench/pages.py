"""No page grows: every address of the portal, asked by a person who has little and by one who has very much.

Little is as much as fills a page of it, ten where a page shows less: what is compared is what stands behind the page.
So there are 6,100 submissions on this side: a page of those that one in twenty is of looks at 301. Both sides have as
many requests of an import, which are all shown, and tasks on each of the thirty days of a chart.
Much: 100,000 submissions of one row and 10 of 50,000, 300 workflows, 100 keys, 500 people, 100,000 events, 100,000
tasks in the index, imports of 100,000 rows, and so on: see filled/size.py. Each side is a portal of its own with a
database of its own; they are asked in turns through the whole server, and the best time of each counts.

Prints for each address both times, the ratio (at most 1.3), and the queries of the larger side (at most 8); exits
non-zero when one is more. `pages.py WORD…` asks those alone whose name holds one, `-v` prints their queries.
BENCH_DATA_DIR keeps what was filled. Addresses that are not asked or not compared are named in filled/addresses.py.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
FOLDER = Path(os.environ.get("BENCH_DATA_DIR") or tempfile.mkdtemp(prefix="bench-pages-"))
os.environ |= {"DATA_DIR": str(FOLDER / "prepared"), "DJANGO_SETTINGS_MODULE": "pipelines_portal.settings"}
(FOLDER / "prepared").mkdir(parents=True, exist_ok=True)

import django  # noqa: E402

django.setup()

from tests import samples  # noqa: E402
from tests.live import external_api  # noqa: E402

ROUNDS, MOST_ROUNDS = 5, 40
RATIO, QUERIES = 1.3, 8
# Of times below that, a third is no more than what the clock and the machine do.
LEAST_MS = 1.0
TASKS = 60


class Side:
    """A portal in another process: see filled/side.py."""

    def __init__(self, name: str, url: str, key: str) -> None:
        folder = FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        env = os.environ | {"DATA_DIR": str(folder), "PIPELINES_API_URL": url}
        command = [sys.executable, str(Path(__file__).with_name("filled") / "side.py"), name, key]
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self) -> Any:
        line = self.process.stdout.readline() if self.process.stdout else ""
        assert line, "The other side ended."
        return json.loads(line)

    def ask(self, **asked: Any) -> Any:
        assert self.process.stdin
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        return self.read()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def ratio_of(few: Side, many: Side, asked: list[dict[str, Any]]) -> tuple[float, float]:
    """The best of both, in turns; more turns as long as it seems to be too much."""
    best = [float("inf"), float("inf")]
    for number in range(MOST_ROUNDS):
        times = [side.ask(**one)["ms"] for side, one in zip((few, many), asked, strict=True)]
        best = [min(pair) for pair in zip(best, times, strict=True)]
        if number + 1 >= ROUNDS and best[1] <= RATIO * max(best[0], LEAST_MS):
            break
    return best[0], best[1]


def measure(name: str, few: Side, many: Side, asked: list[dict[str, Any]]) -> bool:
    counted = [side.ask(**one, count=True) for side, one in zip((few, many), asked, strict=True)]
    queries, statuses = len(counted[1]["queries"]), [one["status"] for one in counted]
    times = ratio_of(few, many, asked)
    ratio = times[1] / max(times[0], LEAST_MS)
    is_held = ratio <= RATIO and queries <= QUERIES and statuses[0] == statuses[1] in (200, 302, 410)
    kilobytes = " ".join(f"{one['bytes'] / 1000:6.1f}" for one in counted)
    said = "" if is_held else "  MISSED"
    seen = "" if statuses == [200, 200] else f"  {statuses}"
    print(f"{name:<52} {times[0]:7.1f} {times[1]:7.1f} {ratio:6.2f} {queries:4} {kilobytes}{said}{seen}", flush=True)
    if "-v" in sys.argv:
        print("\n".join(f"    {text}" for text in counted[1]["queries"]))
    return is_held


def main(words: list[str]) -> bool:
    with ExitStack() as stack:
        api = stack.enter_context(external_api(FOLDER / f"api-{os.getpid()}"))
        files = [samples.field("scan", "file_upload", required=True)]
        api.load(samples.organization("Acme", samples.workflow(42), samples.workflow(57, "Invoices", fields=files)))
        key = api.new_key("Acme")
        fields = {"input_text": "Hello", "target_language": "French"}
        api.server.post("/workflows/42/tasks", key=key, json={"tasks": [{"fields": fields}] * TASKS})
        few, many = (Side(name, api.url, key) for name in ("few", "many"))
        for side in (few, many):
            stack.callback(side.close)
        addresses = few.read(), many.read()
        assert addresses[0].keys() == addresses[1].keys()
        print(f"{'':<52} {'few ms':>7} {'many ms':>7} {'ratio':>6} {'SQL':>4} {'kB, few':>6} {'many':>6}")
        names = [name for name in addresses[0] if not words or any(word in name for word in words)]
        held = [measure(name, few, many, [one[name] for one in addresses]) for name in names]
    return all(held)


if __name__ == "__main__":
    sys.exit(0 if main([word for word in sys.argv[1:] if word != "-v"]) else 1)
