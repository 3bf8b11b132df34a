"""PagesSlow: what the alert makes of answers, by the buckets that the programs really count into."""

import re
from itertools import chain, repeat

import pytest
import yaml

from pipelines_portal.core.metrics import BUCKETS
from pipelines_portal.core.web_server.__main__ import PROGRAMS
from tests.external_api.server import PROJECT

RULES = yaml.safe_load((PROJECT / "deploy" / "prometheus" / "alerts.yaml").read_text())["groups"][0]["rules"]
EXPRESSION = next(rule["expr"] for rule in RULES if rule["alert"] == "PagesSlow")
SHAPE = re.compile(
    r"1 - sum by \(job\) \(rate\(pipelines_request_seconds_bucket\{le=\"(?P<le>[\d.]+)\", (?P<views>[^}]+)\}\[10m\]\)\)"
    r" / sum by \(job\) \(rate\(pipelines_request_seconds_count\{(?P=views)\}\[10m\]\)\) > (?P<share>[\d.]+)"
)
Answers = list[tuple[str, float]]


def of(count: int, seconds: float, view: str = "tasks:list") -> Answers:
    return list(repeat((view, seconds), count))


def fires(*answers: Answers) -> bool:
    """The expression, over what a program counts of these answers."""
    asked = SHAPE.fullmatch(EXPRESSION)
    assert asked is not None
    left_out = re.fullmatch(r'view!~"(.+)"', asked["views"])
    assert left_out is not None
    counted = [seconds for view, seconds in chain(*answers) if not re.fullmatch(left_out[1], view)]
    bucket = sum(seconds <= float(asked["le"]) for seconds in counted)
    return bool(counted) and 1 - bucket / len(counted) > float(asked["share"])


def test_it_asks_for_a_bucket_that_there_is() -> None:
    asked = SHAPE.fullmatch(EXPRESSION)
    assert asked is not None
    assert asked["le"] in [str(float(bucket)) for bucket in BUCKETS]
    assert (asked["le"], asked["share"]) == ("2.0", "0.05")


@pytest.mark.parametrize(
    ("answers", "does"),
    [
        ([of(90, 0.1), of(10, 1.1)], False),
        ([of(90, 0.1), of(10, 1.99)], False),
        ([of(94, 0.1), of(6, 2.1)], True),
        ([of(94, 0.1), of(6, 4.9)], True),
        ([of(94, 0.1), of(6, 60)], True),
        ([of(96, 0.1), of(4, 60)], False),
        ([of(50, 0.1), of(50, 60, "stored_archive")], False),
        ([of(50, 60, "stored_archive")], False),
    ],
)
def test_more_than_one_in_twenty_above_two_seconds(answers: list[Answers], does: bool) -> None:
    assert fires(*answers) == does


def test_what_is_read_as_slowly_as_it_is_sent_is_left_out() -> None:
    """The address whose bodies the web server hands on as they come."""
    streamed = {name: program.archives.pattern for name, program in PROGRAMS.items() if program.archives}
    assert streamed == {"external_api": "/storage/"}
    assert "stored_archive" in EXPRESSION
