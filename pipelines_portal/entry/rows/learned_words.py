"""The words that people corrected in earlier imports, by key and workflow."""

from typing import TYPE_CHECKING

from django.utils import timezone

from pipelines_portal.api_client import Schema
from pipelines_portal.core.json_text import cleaned
from pipelines_portal.entry.models import ImportJob, LearnedWord
from pipelines_portal.values.choices import LONGEST_WORD, Words, choices_of
from pipelines_portal.values.plain_words import folded

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Of each key and workflow. The oldest words are forgotten first.
MOST_LEARNED = 500


def learned_words(import_job: ImportJob, schema: Schema) -> Words:
    """Return what was learned for the import's key and workflow, without choices that the fields no longer have."""
    choices = {known.name: {value for value, _ in choices_of(known)} for known in schema.fields}
    words: Words = {}
    for each in _learned(import_job).order_by("learned_at", "pk"):
        if each.choice in choices.get(each.field_name, ()):
            words.setdefault(each.field_name, {})[each.word] = each.choice
    return words


def learn_word(import_job: ImportJob, field_name: str, word: str, choice: str) -> LearnedWord | None:
    """Remember the choice that a word means. Return None for a word that is too long. Call in a transaction."""
    word = cleaned(" ".join(word.split()))
    if not word or len(word) > LONGEST_WORD:
        return None
    learned, _ = LearnedWord.objects.update_or_create(
        key_id=import_job.key_id, workflow_id=import_job.workflow_id, field_name=field_name, folded=folded(word),
        defaults={"word": word, "choice": cleaned(choice), "learned_at": timezone.now()},
    )  # fmt: skip
    newest = _learned(import_job).order_by("-learned_at", "-pk").values_list("pk", flat=True)[:MOST_LEARNED]
    _learned(import_job).exclude(pk__in=list(newest)).delete()
    return learned


def forget_word(import_job: ImportJob, field_name: str, word: str) -> None:
    _learned(import_job).filter(field_name=field_name, folded=folded(word)).delete()


def _learned(import_job: ImportJob) -> "QuerySet[LearnedWord]":
    return LearnedWord.objects.filter(key=import_job.key_id, workflow_id=import_job.workflow_id)
