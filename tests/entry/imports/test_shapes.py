"""Unusual files and many imports are shown."""

from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.each_case import each_case
from tests.factories import open_workflow
from tests.pages import text_of

WIDE = ",".join(f"Column {number}" for number in range(300)) + "\n" + ",".join(["x"] * 300) + "\n"
FILES = {
    "bidi": ("\u202egnp.\u2066rows\u2069.csv", "Text to translate,Target language\nHello,French\n"),
    "long name": ("字" * 250 + ".csv", "Text to translate,Target language\nHello,French\n"),
    "wide": ("wide.csv", WIDE),
    "long header": ("long.csv", "h" * 10_000 + ",Target\u2066 language\nHello,French\n"),
    "same headers": ("same.csv", "Text,Text,Text,Target language,Target language\na,b,c,French,German\n"),
    "no headers": ("none.csv", ",,,\n,,,\n"),
    "markup": ("<b>&amp;{{ x }}.csv", "<script>alert(1)</script>,{% now %}\n<b>,{{ y }}\n"),
}


@each_case("shape", FILES)
def test_a_file_of_any_shape_is_shown_or_refused_with_a_message(page: Any, saved_key: Any, shape: str) -> None:
    open_workflow(saved_key, 42)
    name, text = FILES[shape]
    address = f"/keys/{saved_key.pk}/workflows/42/import/"
    file = SimpleUploadedFile("x.csv", text.encode())
    file._name = name  # type: ignore[attr-defined]
    shown = page.post(address, {"token": uuid4(), "file": file}, follow=True)
    assert shown.status_code in (200, 422), shown.status_code
    html = shown.content.decode()
    assert "<script>alert(1)</script>" not in html and "\u202egnp" not in html.replace("<bdi>", "")
    assert text_of(page.get(address))
