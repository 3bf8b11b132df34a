"""Names of files on a page: whole for who wants them, and harmless to the words beside them."""

import pytest
from django.template import Context, Template

from pipelines_portal.web.file_names import full_name, in_sentence, short_name


def shown(name: str) -> str:
    return Template("{% load portal %}{% file_name name %}").render(Context({"name": name}))


def test_a_short_name_stands_as_it_is() -> None:
    assert shown("<b>.png") == "<bdi>&lt;b&gt;.png</bdi>"


def test_a_long_one_loses_its_middle_and_is_whole_to_be_read_out() -> None:
    name = "begin-" + "x" * 200 + "-end.png"
    html = shown(name)
    assert f'title="{name}"' in html and f'<span class="sr">{name}</span>' in html
    assert '<span aria-hidden="true">begin-' in html and "-end.png</span>" in html
    assert 60 < len(short_name(name)) <= 72


def test_sixty_thousand_characters_are_no_page() -> None:
    assert len(shown("x" * 60_000)) < 3000


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\n", "\0", "\u2028"])
def test_a_sign_that_is_not_seen_is_shown(sign: str) -> None:
    for told in (full_name, short_name, in_sentence):
        assert told(f"a{sign}gnp.exe") == "a\ufffdgnp.exe"


def test_letters_that_run_back_are_kept_apart_from_the_sentence() -> None:
    assert in_sentence("\u05e9\u05dc.png") == "\u2068\u05e9\u05dc.png\u2069"
    assert in_sentence("Grüße 茶.png") == "Grüße 茶.png"
