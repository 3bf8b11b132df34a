"""Calling a function of `tests.inside_portal` or `tests.inside_external_api` as that program runs it.

`python -m tests.calling tests.inside_portal make_upload`, with the arguments as JSON on standard input, prints what the
function returned. Tests write what no page can (a state on the wire, an expired link) where lint and types see it.
"""

import importlib
import json
import subprocess
import sys
from typing import Any

import django


def call_in_process(module: str, name: str, given: dict[str, Any], env: dict[str, str]) -> Any:
    """`name(**given)` in a process of its own, under the settings that `env` names."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.calling", module, name],
        input=json.dumps(given), env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


if __name__ == "__main__":
    django.setup()
    function = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
    print(json.dumps(function(**json.load(sys.stdin))))
