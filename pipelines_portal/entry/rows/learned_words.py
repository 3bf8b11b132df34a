"""The words that people corrected in earlier imports, by key and workflow: a part of what is remembered of their files.

`words` has for each word its field, the word and the choice that it means, the newest last.
"""

from pipelines_portal.api_client import Schema
from pipelines_portal.core.json_text import cleaned
from pipelines_portal.entry.models import RememberedMatching, Sheet
from pipelines_portal.workflows.fields.circumstances import LONGEST_WORD, Words
from pipelines_portal.workflows.fields.reading.plain_words import folded
from pipelines_portal.workflows.fields.types import type_of

# Of each key and workflow. The oldest words are forgotten first.
MOST_LEARNED = 500


def learned_words(sheet: Sheet, schema: Schema) -> Words:
    """Return what was learned for the import's key and workflow, without choices that the fields no longer have."""
    found = RememberedMatching.objects.filter(key=sheet.key_id, workflow_id=sheet.workflow_id).first()
    choices = {known.name: {value for value, _ in type_of(known).choices} for known in schema.fields}
    words: Words = {}
    for field, word, choice in found.data.get("words", ()) if found else ():
        if choice in choices.get(field, ()):
            words.setdefault(field, {})[word] = choice
    return words


def learn_word(sheet: Sheet, field_name: str, word: str, choice: str) -> list[str]:
    """Remember the choice that a word means. Return its field and the word, or nothing for a word that is too long.

    Call in a transaction.
    """
    word = cleaned(" ".join(word.split()))
    if not word or len(word) > LONGEST_WORD:
        return []
    _replace(sheet, field_name, word, [[field_name, word, cleaned(choice)]])
    return [field_name, word]


def forget_word(sheet: Sheet, field_name: str, word: str) -> None:
    """Call in a transaction."""
    _replace(sheet, field_name, word, [])


def _replace(sheet: Sheet, field_name: str, word: str, by: list[list[str]]) -> None:
    stored, _ = RememberedMatching.objects.select_for_update().get_or_create(
        key_id=sheet.key_id, workflow_id=sheet.workflow_id
    )
    same = (field_name, folded(word))
    others = [each for each in stored.data.get("words", []) if (each[0], folded(each[1])) != same]
    stored.data = stored.data | {"words": [*others, *by][-MOST_LEARNED:]}
    stored.save()
