"""deploy/environment.sh reads settings as systemd does, so that commands and services have the same."""

import json
import subprocess
import sys
from pathlib import Path

from tests.external_api.server import PROJECT

FILE = """
# A comment
; another
PLAIN=portal.example.com
  INDENTED = some value \t
QUOTED="two words"
SINGLE='a\\b $HOME "c"'
EMPTY=
DOLLAR=a$HOME#b
EQUALS=a=b=c
WINDOWS=1\r
export EXPORTED=1
A-B=1
1ST=1
no setting at all
=nothing
LAST=end"""
EXPECTED = {
    "PLAIN": "portal.example.com", "INDENTED": "some value", "QUOTED": "two words", "SINGLE": 'a\\b $HOME "c"',
    "EMPTY": "", "DOLLAR": "a$HOME#b", "EQUALS": "a=b=c", "WINDOWS": "1", "LAST": "end",
}  # fmt: skip


def test_settings_are_read_as_systemd_reads_them(tmp_path: Path) -> None:
    """By dash and by bash, with an unset variable as an error."""
    file = tmp_path / "env"
    file.write_text(FILE)
    show = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    for shell in ("sh", "bash"):
        script = f". {PROJECT}/deploy/environment.sh; load_environment {file}; {show}"
        done = subprocess.run([shell, "-euc", script], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert {name: found.get(name) for name in EXPECTED} == EXPECTED
        assert not {"EXPORTED", "A-B", "1ST"} & set(found)
