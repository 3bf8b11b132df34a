"""Log lines hold nothing that lets their reader in."""

import json
import logging
import sys

import pytest

from pipelines_portal.shared.log_lines import JsonFormatter, LineFormatter

KEY = "pk_live_" + "5ec4e7" * 6 + "abcd"
LETS_IN = (
    f'{KEY} /invitation/5ec4e7aaaa:bb-Cc/ /password/new/Mg/d00r-0pen5 "/invitation/5ec4e7" ?next=%2Finvitation%2F5ec4e7'
    " /?next=%2fpassword%2fnew%2fMg%2fd00r postgres://portal:5ec4e7@db/x redis://:5ec4e7@redis X-Amz-Signature=5ec4e7"
)
SECRETS = ("5ec4e7", "aaaa", "d00r")


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter("portal")], ids=["lines", "json"])
def test_keys_links_and_passwords_are_removed_from_a_line(formatter: logging.Formatter) -> None:
    """They are removed from the message, the traceback and the fields: a log must not let its readers in."""
    try:
        raise ValueError(LETS_IN)
    except ValueError:
        record = logging.getLogger("x").makeRecord("x", 40, "x", 1, "No %s", (LETS_IN,), sys.exc_info())
    record.facts = {"key": LETS_IN, "those": [LETS_IN], "error": ValueError(LETS_IN)}
    line = formatter.format(record)
    assert [secret for secret in SECRETS if secret in line] == []
    assert line.count("pk_live_…") >= 2 and "Traceback" in line and "/password/new/Mg/…" in line
    if isinstance(formatter, JsonFormatter):
        assert json.loads(line)["those"][0].startswith("pk_live_… /invitation/…")
