"""No function of the portal takes more than linear time for a hostile text: one would stop all other threads."""

import pytest

import pipelines_portal
from pipelines_portal.api_client import Field, Schema
from tests.linear_time import Samples, find_slow

TYPES = ("short_text", "numeric", "rating", "boolean", "datetime", "select", "ranking", "file_upload")
FIELDS = [
    Field.model_validate({"name": f"a_{kind}", "title": kind, "type": kind, "required": True, "options": ["a", "b"]})
    for kind in TYPES
]
# The words of a search are cut, see `terms_in`. The others are single characters.
BY_NAME = {"words": [["ab"]], "word": ["ab"], "decimal": [","], "thousands": ["."]}
CUT_AT_300 = "codes of formats are cut at 300 characters"
# Modules, functions and methods that are not called, and why.
WITHOUT = {
    "external_api": "another program, which has its own test",
    "settings": "read once, from the administrator's environment",
    "wsgi": "starts the program",
    "api_client.transport": "sends requests",
    "web.api_connection": "sends requests",
    "core.environment": "reads the administrator's environment",
    "core.http_deadlines": "sends requests",
    "core.files": "changes files",
    "core.generated_secrets": "writes files",
    "web.mail": "sends mail",
    "core.management": "run by the administrator",
    "core.preparation": "changes the database",
    "core.probes": "sends requests",
    "core.settings_check": "reads the administrator's files",
    "core.shutdown": "sets signal handlers",
    "core.sqlite": "opens the database",
    "core.start_line": "logs the administrator's settings",
    "core.error_reports": "sends requests",
    "core.unicode_forms._is_mark": "called with one letter",
    "core.web_server": "starts the program",
    "entry.imports.reading._parts": "a part has at most 1 MB, and chunks have 64 KB",
    "guide.search._text": "reads the pages of the guide",
    "spreadsheets.child": "limits the resources of its own process",
    "spreadsheets.child_process": "starts a process",
    "spreadsheets.downloads": "the names of downloads are the portal's own",
    "spreadsheets.number_formats.shower": CUT_AT_300,
    "spreadsheets.number_formats._sections": CUT_AT_300,
    "workflows.fields.reading.numbers._plain": "only numbers of at most 60 characters are read",
    "spreadsheets.writing.xlsx_file": "opens a file",
    "system.backup": "run by the administrator",
}


@pytest.mark.full
def test_hostile_texts_take_linear_time() -> None:
    samples = Samples({Field: FIELDS, Schema: [Schema.model_validate({"fields": FIELDS})]}, BY_NAME)
    known = {
        "workflows.fields.reading.plain_words.plain",
        "core.unicode_forms.fold",
        "entry.rows.replacing.Replacement.apply",
    }
    assert not find_slow(pipelines_portal, samples, WITHOUT, known)
