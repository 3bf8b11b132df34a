"""Changes of a workflow's fields between two readings, in words for people."""

from collections.abc import Iterator
from dataclasses import replace

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry import texts
from pipelines_portal.matching.columns import Column, Matching

MOST_CHOICES = 10
Change = dict[str, str]
OTHER_CHANGE = {"label": "Fields", "name": "", "what": "new order or description"}


def changes_between(before: Schema, now: Schema) -> list[Change]:
    """Return for each changed field its label, its name and the change, in the order of the fields."""
    old = {known.name: known for known in before.fields}
    new = {known.name: known for known in now.fields}
    changes = [_change(known, *_changes_of(old.get(known.name), known)) for known in now.fields]
    changes += [_change(known, "removed") for name, known in old.items() if name not in new]
    return [change for change in changes if change["what"]] or [OTHER_CHANGE]


def without_gone_fields(matching: Matching, now: Schema) -> Matching:
    """Set columns aside whose fields are gone, and match those again whose fields came back."""
    names = {known.name for known in now.fields}
    free = names - matching.places().keys()
    columns = [_adapt_column(column, names, free) for column in matching.columns]
    constants = {name: text for name, text in matching.constants.items() if name in names}
    return replace(matching, columns=columns, constants=constants)


def _adapt_column(column: Column, names: set[str], free: set[str]) -> Column:
    if column.field and column.field not in names:
        return Column(column.header, is_aside=True, how="the workflow no longer has this field", gone=column.field)
    return (
        Column(column.header, column.gone, how="the workflow has this field again")
        if column.gone in free and column.is_aside
        else column
    )


def _change(known: Field, *what: str) -> Change:
    return {"label": known.label, "name": known.name, "what": "; ".join(what)}


def _changes_of(old: Field | None, now: Field) -> Iterator[str]:
    if old is None:
        yield "new and required" if now.required else "new"
        return
    if old.title != now.title:
        yield f"was called {old.label}"
    if old.type != now.type:
        yield f"type changed from {old.type} to {now.type}"
    if bool(old.required) != bool(now.required):
        yield "now required" if now.required else "now optional"
    yield from _changes_of_choices(old, now)


def _changes_of_choices(old: Field, now: Field) -> Iterator[str]:
    gone = [choice for choice in old.choices if choice not in now.choices]
    added = [choice for choice in now.choices if choice not in old.choices]
    if gone:
        yield f"options removed: {_join(gone)}"
    if added:
        yield f"options added: {_join(added)}"
    if not gone and not added and old.format_hint != now.format_hint:
        yield "format changed: {format}".format(format=now.format_hint or "any value")


def _join(choices: list[str]) -> str:
    more = [texts.more_choices(len(choices) - MOST_CHOICES)] if len(choices) > MOST_CHOICES else []
    return ", ".join([*choices[:MOST_CHOICES], *more])
