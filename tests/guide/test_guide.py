"""The guide at /help/: each page is there, each link leads to a page and an anchor that exist, for everybody."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlencode, urljoin

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse

from pipelines_portal import __version__
from pipelines_portal.guide.contents import DOCS, SECTIONS, START, files
from pipelines_portal.guide.templatetags.guide import HELP
from tests.test_names import named_urls

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((PROJECT / "templates").rglob("*.html"))
LINK = re.compile(r'(?:href|src)="([^"]+)"')
IN_TEMPLATE = re.compile(
    r"""\{% url ['"]guide:page['"] ['"]([\w/-]+)['"] (?:as \w+ %\}\s*<p><a href="\{\{ \w+ \}\}|%\})(#[\w-]+)?"""
)

FOR_DEVELOPERS = {"adding.md", "architecture.md", "scale.md"}
pytestmark = pytest.mark.usefixtures("static_root")


def shown(path: str) -> Any:
    return Client().get(path)


def text_of(path: str) -> str:
    answer = shown(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def has(anchor: str, text: str) -> bool:
    return not anchor or f'id="{anchor}"' in text


def test_every_link_of_every_page_leads_somewhere() -> None:
    texts = {reverse("guide:page", args=[where]) if where else "/help/": "" for where in files()}
    texts = {path: text_of(path) for path in texts}
    lost = []
    for path, text in texts.items():
        for link in LINK.findall(text):
            target, anchor = urldefrag(urljoin(path, link))
            if target.startswith("/help/") and (target not in texts or not has(anchor, texts[target])):
                lost.append(f"{path}: {link}")
    assert lost == []


def test_the_contents_name_pages_that_are_there() -> None:
    """And all that are for users."""
    named = [file for section in SECTIONS.values() for file in section]
    assert [file for file in named if not (DOCS / file).is_file()] == []
    others = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {START, *named}
    assert {file for file in others if not file.startswith(("decisions/", "developers/"))} == FOR_DEVELOPERS


def test_the_contents_name_each_page_once() -> None:
    named = [file for section in SECTIONS.values() for file in section]
    assert len(named) == len(set(named))


def test_help_of_the_portals_pages_leads_to_pages() -> None:
    assert [where for where in HELP.values() if where not in files()] == []


def test_help_is_about_pages_that_there_are() -> None:
    names = {f"{app}:{pattern.name}" for app, pattern in named_urls(get_resolver())}
    assert [name for name in HELP if name not in names | {name.partition(":")[0] for name in names}] == []


def test_links_of_templates_lead_to_pages_and_anchors() -> None:
    found = [link for template in TEMPLATES for link in IN_TEMPLATE.findall(template.read_text())]
    assert len(found) == sum(template.read_text().count("'guide:page'") for template in TEMPLATES)
    lost = [f"{where}{anchor}" for where, anchor in found if not has(anchor[1:], text_of(f"/help/{where}/"))]
    assert lost == []


def test_it_asks_no_database_and_no_session(settings: Any) -> None:
    """So it is there when the database is not."""
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = "whatever"
    with connection.execute_wrapper(lambda *_: pytest.fail("The guide asked the database.")):
        answer = browser.get("/help/operators/import/")
    assert answer.status_code == 200
    assert not answer.cookies


def test_a_policy_of_its_own() -> None:
    answer = shown("/help/")
    assert "script-src" not in answer["Content-Security-Policy"]
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "'unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


def test_what_a_browser_has_is_not_sent_again() -> None:
    again = Client().get("/help/", headers={"If-None-Match": shown("/help/")["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["nothing/here/", "../../manage.py/", "/", "operators/", "operators/import.md/"])
def test_what_is_no_page_is_the_portals_404_and_leads_back_to_the_contents(path: str) -> None:
    answer = shown(f"/help/{path}")
    assert answer.status_code == 404
    assert "ot found" in answer.content.decode()
    if path != "/":  # an address of the portal's own
        assert "Page not found in the guide" in answer.content.decode()
        assert '<a class="btn primary" href="/help/">' in answer.content.decode()


def test_strangers_are_not_told_the_version() -> None:
    assert f"Portal {__version__}" not in text_of("/help/")


def results(query: str) -> list[str]:
    html = text_of(f"/help/search/?{urlencode({'q': query})}")
    return re.findall(r'<li>\s*<a href="([^"]+)">', html.partition('class="guide-results"')[2].partition("</ul>")[0])


def test_search_finds_sections_by_their_words() -> None:
    assert "/help/reference/settings/#signing-in" in results("OIDC_ISSUER sign-in button")
    assert results("spreadsheet import")[0] == "/help/operators/import/"
    assert "/help/reference/messages/#at-the-start" in results("ALLOWED_HOSTS must not be * in production")


def test_search_finds_a_setting_by_a_part_of_its_name_in_any_case() -> None:
    assert "/help/reference/settings/#limits-and-retention" in results("submission_retention")


@pytest.mark.parametrize(
    "message",
    [
        "WEB_THREADS must be a whole number between 2 and 1000.",
        "The file /srv/portal/.env cannot be read (Permission denied).",
        "Nothing was started: 127.0.0.1:8000 cannot be listened on (Address already in use). Set BIND or PORT.",
    ],
)
def test_search_finds_a_message_with_its_values(message: str) -> None:
    assert "/help/reference/messages/#at-the-start" in results(message)[:3]


def test_search_says_that_nothing_was_found() -> None:
    assert results("xyzzy") == []
    assert "No results for “xyzzy”" in text_of("/help/search/?q=xyzzy")


def test_every_result_leads_to_a_page_and_an_anchor() -> None:
    lost = [link for link in results("a") if not has(urldefrag(link).fragment, text_of(urldefrag(link).url))]
    assert lost == []
    assert len(results("a")) == 50


def test_search_shows_the_words_as_text() -> None:
    assert "“&lt;b&gt;”" in text_of("/help/search/?q=<b>")
    assert 'value="&quot;x&quot;"' in text_of('/help/search/?q="x"')
