"""Log lines hold nothing that lets their reader in."""

import json
import logging.config
from typing import Any

import pytest
from django.conf import settings

from pipelines_portal.core import request_ids
from pipelines_portal.core.http.audit_log import write_line
from pipelines_portal.core.log_lines import Handler, RequestId

KEY = "pk_live_" + "5ec4e7" * 6 + "abcd"
LETS_IN = (
    f'{KEY} /invitation/5ec4e7aaaa:bb-Cc/ /password/new/Mg/d00r-0pen5 "/invitation/5ec4e7" ?next=%2Finvitation%2F5ec4e7'
    " /?next=%2fpassword%2fnew%2fMg%2fd00r postgres://portal:5ec4e7@db/x redis://:5ec4e7@redis X-Amz-Signature=5ec4e7"
)
SECRETS = ("5ec4e7", "aaaa", "d00r")


def written(kind: str, capsys: pytest.CaptureFixture[str], *message: str, **extra: Any) -> str:
    """Log an exception, and return what LOGGING's formatter of this kind makes of it."""
    configured = logging.config.DictConfigurator(settings.LOGGING)
    handler = Handler()
    handler.setFormatter(configured.configure_formatter(dict(settings.LOGGING["formatters"][kind])))
    handler.addFilter(RequestId())
    log = logging.Logger("x")
    log.addHandler(handler)
    try:
        raise ValueError(LETS_IN)
    except ValueError:
        log.exception(*message, extra=extra)
    return capsys.readouterr().err


@pytest.mark.parametrize("kind", ["line", "json"])
def test_keys_links_and_passwords_are_removed(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They are removed from the message, the traceback and the fields: a log must not let its readers in."""
    line = written(kind, capsys, "No %s", LETS_IN, key=LETS_IN, those=[LETS_IN])
    assert [secret for secret in SECRETS if secret in line] == []
    assert line.count("pk_live_…") >= 2 and "Traceback" in line and "/password/new/Mg/…" in line


def test_a_json_line_is_an_object_with_our_names(capsys: pytest.CaptureFixture[str]) -> None:
    """And without the request that Django adds to its records, in whose address are people's words."""
    with request_ids.request_id_of_work("job.1"):
        told = json.loads(
            written("json", capsys, "Müller", view="tasks:list", request="GET /?q=typed", status_code=500)
        )
    assert {"at", "level", "logger", "program", "request_id", "message", "traceback", "view"} == set(told)
    assert (told["request_id"], told["message"], told["program"]) == ("job.1", "Müller", "portal")


def test_a_line_ends_with_its_request(capsys: pytest.CaptureFixture[str]) -> None:
    with request_ids.request_id_of_work("job.1"):
        assert written("line", capsys, "It failed.").splitlines()[0].endswith(" ERROR x It failed. request=job.1")


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("Müller 日本 🙂", '"Müller 日本 🙂"'),
        ('say "no" \\ here', r'"say \"no\" \\ here"'),
        ("a\nb\r\x1b[31m\x00", r'"a\nb\r\u001b[31m\u0000"'),
        ("\x7f\x85\x9b", r'"\u007f\u0085\u009b"'),
        ("\u2028\u2029\u202e\u2066\u200f\ufeff", r'"\u2028\u2029\u202e\u2066\u200f\ufeff"'),
        ("\ud800", r'"\ud800"'),
        ("\U000e0041", r'"\udb40\udc41"'),
        (["Åsa", "\u202e"], r'["Åsa", "\u202e"]'),
        (None, "null"),
    ],
)
def test_a_fact_stays_readable_and_on_its_line(caplog: pytest.LogCaptureFixture, value: Any, quoted: str) -> None:
    """A value from outside cannot begin a line, turn the text around, or command a terminal."""
    caplog.set_level("INFO", logger="pipelines_portal.audit")
    write_line("person-renamed", {"name": value})
    assert caplog.messages == [f"person-renamed name={quoted}"]
    assert json.loads(quoted) == value
    caplog.messages[0].encode()
