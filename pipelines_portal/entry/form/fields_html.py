"""The fields of a form, written once for all who begin with the same: most begin with an empty one."""

import json

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pipelines_portal.core.bounded import Bounded
from pipelines_portal.entry.form.entries import Entry
from pipelines_portal.workflows.fields.schema_form import SchemaForm

# Of forms with long texts in them none is kept.
LONGEST_KEPT = 30_000
_written: Bounded[str, SafeString] = Bounded(200)


def fields_html(form: SchemaForm, entries: list[Entry]) -> SafeString:
    begins_with = _begins_with(form, entries)
    kept = _written.get(begins_with) if begins_with else None
    if kept is not None:
        return kept
    html = SafeString("".join(render_to_string("entry/form/_field.html", {"entry": entry}) for entry in entries))
    if begins_with and len(html) <= LONGEST_KEPT:
        _written.put(begins_with, html)
    return html


def _begins_with(form: SchemaForm, entries: list[Entry]) -> str:
    """All that decides on what is written; "" for what was typed, and for times, beside which a clock stands."""
    if form.is_bound or form.typed is not None or any(entry.is_time for entry in entries):
        return ""
    kept = [entry.stays_filled_in for entry in entries]
    return json.dumps([form.remote.digest, form.initial, kept], sort_keys=True, default=str)
