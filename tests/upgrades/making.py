"""What a release leaves behind: people, a key, a ledger, an import on its way, an archive whose files are tasks'."""

import json
from pathlib import Path

from tests.shared.backup.places import SECRETS
from tests.shared.backup.test_whole import INSIDE, WHO, fill, programs, send_task


def make_release(folder: Path, file: Path) -> str:
    """Writes `file`, and beside it what its test needs to know: secrets, and what there is to be found."""
    with programs(folder) as (api, running):
        key, waiting = fill(api, running)
        send_task(running, running.sign_in(**WHO), "Sent by the release")
        running.run("make_every_state", workflow_id=42)
        file.unlink(missing_ok=True)
        said = running.manage("backup", str(file))
        known = {
            "secrets": {name: (folder / name).read_text() for name in SECRETS},
            "key": key,
            "waiting": waiting,
            "tasks": api.run("task_ids", workflow_id=42),
            "ledger": running.run("ledger", of=INSIDE),
        }
    file.with_name(file.name.replace(".tar.gz", ".json")).write_text(json.dumps(known, indent=1) + "\n")
    return said
