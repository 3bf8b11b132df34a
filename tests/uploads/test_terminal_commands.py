"""Commands to paste: whatever a file or a link is called, it stays one word of the command."""

import json
import subprocess
import sys

import pytest

from pipelines_portal.uploads.storage_links import terminal_commands

URL = "https://bucket.example/a.zip?X-Amz-Signature=ab%2Fc&X-Amz-Expires=3600&x={1,2}[3]"
HOSTILE = [
    "it's.zip",
    "$(touch owned).zip",
    "`touch owned`.zip",
    "a; touch owned; b.zip",
    "-o owned.zip",
    "a & b | c > owned.zip",
    "!!$HOME*.zip",
    "{a,b}[1-9].zip",
    "Ünïcode – ‘quotes’.zip",
    "plain.zip",
]
SHOW = f"curl() {{ {sys.executable} -SE -c 'import json, sys; print(json.dumps(sys.argv[1:]))' \"$@\"; }}\n"


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_shell_reads_it_as_meant(shell: str) -> None:
    script = SHOW + "\n".join(terminal_commands(name, URL).curl for name in HOSTILE)
    run = subprocess.run([shell, "-c", script], capture_output=True, text=True, check=True, timeout=20)
    begin, end = ["--fail", "--globoff", "--upload-file"], ["--header", "Content-Type: application/zip", URL]
    assert [json.loads(line) for line in run.stdout.splitlines()] == [[*begin, f"./{name}", *end] for name in HOSTILE]


def test_powershell_quotes_are_doubled() -> None:
    """PowerShell ends a string at straight and at curly single quotes alike."""
    command = terminal_commands("it's ‘so’ ‚low‛.zip", URL).powershell
    assert "'.\\it''s ‘‘so’’ ‚‚low‛‛.zip'" in command
    assert command.endswith(f"'{URL}'")
    assert command.startswith("curl.exe --fail --globoff --upload-file '")


@pytest.mark.parametrize(
    "name", ["a\nb.zip", "a\x1b[2J.zip", "../../etc/passwd", "a\\b.zip", 'a"b.zip', "\u202egpj.zip", ""]
)
def test_unspeakable_names_are_replaced(name: str) -> None:
    commands = terminal_commands(name, URL)
    assert "./archive.zip" in commands.curl
    assert "archive.zip" in commands.powershell
