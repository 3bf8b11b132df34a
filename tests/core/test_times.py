"""Times in words, by the clock around the person who reads them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core import times
from tests.each_case import each_case

NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize(
    ("earlier", "words"),
    [
        (timedelta(seconds=2), "just now"),
        (timedelta(seconds=-20), "just now"),
        (timedelta(seconds=40), "40 s ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "22:30"),
        (timedelta(hours=23, minutes=30), "00:00"),
        (timedelta(hours=24), "Mon 23:30"),
        (timedelta(days=2), "Sun 23:30"),
        (timedelta(days=400), "20 Oct 2025"),
        (timedelta(hours=-3), "25 Nov 02:30"),
    ],
)
def test_a_time_is_told_by_how_long_ago_within_an_hour_and_by_its_time_past_it(earlier: timedelta, words: str) -> None:
    with timezone.override(UTC):
        assert times.ago(NOW - earlier, NOW) == words


def test_days_begin_where_the_person_is() -> None:
    """Half past eleven at night in UTC is the next day in Vienna."""
    with timezone.override(VIENNA):
        assert times.short(NOW, NOW) == "00:30"
        assert times.short(NOW - timedelta(hours=1), NOW) == "Tue 23:30"
        assert times.exact(NOW) == "2026-11-25 00:30:00 in Vienna, 2026-11-24 23:30:00 UTC"


def test_what_is_no_zone_counts_as_not_said() -> None:
    names = ("", "../../etc/passwd", "Mars/Base", "Etc/GMT+3", "Europe", "europe/vienna", "Europe/Vienna\0")
    assert [times.zone_named(name) for name in names] == [None] * len(names)


@pytest.mark.django_db
@each_case(
    ("chosen", "cookie", "words"),
    [
        ("", "", " UTC</span>"),
        ("", "Europe%2FVienna", "in Vienna, "),
        ("", "Europe/Vienna", "in Vienna, "),
        ("Asia/Tokyo", "Europe/Vienna", "in Tokyo, "),
        ("", "Nowhere/At_all", " UTC</span>"),
    ],
)
def test_the_clock_is_the_one_chosen_else_the_browsers_else_utc(
    page: Client, person: User, chosen: str, cookie: str, words: str
) -> None:
    page.post("/account/preference/", {"name": "time_zone", "value": chosen})
    page.cookies[times.COOKIE] = cookie
    shown = page.get("/account/").content.decode()
    assert words in shown
    assert "Current time: " in shown


@pytest.mark.django_db
@each_case(
    ("name", "value"),
    [("time_zone", "Mars/Base"), ("is_compact", "maybe"), ("theme", "pink"), ("role", "administrator"), ("", "")],
)
def test_what_is_none_of_the_choices_changes_nothing(page: Client, person: User, name: str, value: str) -> None:
    answer = page.post("/account/preference/", {"name": name, "value": value, "next": "/account/"})
    assert answer.status_code == 422
    assert "Choose a time zone from the list." in answer.content.decode()
    again = User.objects.get(pk=person.pk)
    assert (again.time_zone, again.is_compact, again.role) == ("", False, person.role)


@pytest.mark.django_db
def test_a_switch_leads_back_to_its_page_and_to_no_other_site(page: Client, person: User) -> None:
    switched = {"name": "is_compact", "value": "on"}
    assert (
        page.post("/account/preference/", switched | {"next": "/submissions/?q=1"})["Location"] == "/submissions/?q=1"
    )
    assert User.objects.get(pk=person.pk).is_compact
    assert page.post("/account/preference/", switched | {"next": "https://evil.example/"})["Location"] == "/account/"
    assert page.post("/account/preference/", switched | {"next": "//evil.example/"})["Location"] == "/account/"


def test_the_last_day_of_all_is_shown_anywhere() -> None:
    """People write 9999-12-31 for "no end"; east of UTC this is after the last day that Python knows."""
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert times.full(end) == "31 Dec 9999 23:59"
        assert "9999" in times.exact(end) and "9999" in times.short(end, timezone.now())
