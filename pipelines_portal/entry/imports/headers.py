"""Which field the header of a column means. Taken is only what is the same but for its writing, or very nearly so."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache

from pipelines_portal.api_client import Field
from pipelines_portal.entry.imports.matching import folded

TAKEN_FROM, OFFERED_FROM, MARGIN = 0.90, 0.85, 0.08
# How sure a match is: what a person said before goes over all but the name itself.
BY_NAME, REMEMBERED, BY_TITLE, WRITTEN_OTHERWISE = 5.0, 4.0, 3.0, 2.0


@dataclass(frozen=True)
class Guess:
    """`how` says in words why it is this field."""

    field: str
    sureness: float
    how: str


@dataclass
class HeaderMatch:
    """`taken` is used unless a person says otherwise; `offered` are names of fields to be had by a click."""

    taken: Guess | None = None
    offered: list[str] = field(default_factory=list)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Without case, accents, camelCase and what stands between words: "Target_Language" is "targetLanguage"."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    letters = (sign for sign in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[\s_.\-]+", " ", "".join(letters)).casefold().split())


def match_headers(headers: list[str], fields: list[Field], remembered: dict[str, Guess]) -> list[HeaderMatch]:
    """In the order of `headers`; no field twice. `remembered` is by folded header."""
    guesses = [_exact(header, fields, remembered.get(folded(header))) for header in headers]
    matches = _taken_once(guesses)
    used = {match.taken.field for match in matches if match.taken}
    left = [known for known in fields if known.name not in used]
    rest = [place for place, match in enumerate(matches) if match.taken is None and not match.offered]
    near = {place: _near(headers[place], left) for place in rest if headers[place]}
    for place, match in zip(near, _taken_once([near[place][0] for place in near]), strict=True):
        matches[place] = HeaderMatch(match.taken, [] if match.taken else match.offered + near[place][1])
    return matches


def _exact(header: str, fields: list[Field], remembered: Guess | None) -> list[Guess]:
    """Of the surest kind there is. More than one: a person has to choose."""
    if not header:
        return []
    wanted, guesses = plain(header), [remembered] if remembered else []
    for known in fields:
        if header == known.name:
            guesses.append(Guess(known.name, BY_NAME, "matched by name"))
        elif known.title and folded(header) == folded(known.title):
            guesses.append(Guess(known.name, BY_TITLE, "matched by title"))
        elif wanted == plain(known.name):
            guesses.append(Guess(known.name, WRITTEN_OTHERWISE, "matched by name"))
        elif wanted == plain(known.title):
            guesses.append(Guess(known.name, WRITTEN_OTHERWISE, "matched by title"))
    return _surest(guesses)


def _surest(guesses: Iterable[Guess]) -> list[Guess]:
    guesses = list(guesses)
    most = max((guess.sureness for guess in guesses), default=0)
    return [guess for guess in guesses if guess.sureness == most]


def _taken_once(guesses: list[list[Guess]]) -> list[HeaderMatch]:
    """Of columns that mean the same field the surest has it; none of them where several are as sure."""
    wishes = [each[0] if len(each) == 1 else None for each in guesses]
    matches = []
    for each, wish in zip(guesses, wishes, strict=True):
        rivals = _surest(other for other in wishes if wish and other and other.field == wish.field)
        taken = wish if wish and len(rivals) == 1 and rivals[0] is wish else None
        offered = [] if taken or (wish and wish not in rivals) else [guess.field for guess in each]
        matches.append(HeaderMatch(taken, offered))
    return matches


def _near(header: str, fields: list[Field]) -> tuple[list[Guess], list[str]]:
    """The field that the header nearly is, and those that it may be."""
    guesses = sorted((_likeness(header, known) for known in fields), key=lambda guess: -guess.sureness)
    best, second = guesses[0] if guesses else None, guesses[1].sureness if len(guesses) > 1 else 0
    if best and best.sureness >= TAKEN_FROM and best.sureness - second >= MARGIN:
        return [best], []
    if best and best.sureness >= OFFERED_FROM and best.sureness - second >= MARGIN:
        return [], [best.field]
    begun = [known.name for known in fields if _begins(header, known)]
    close = [guess.field for guess in guesses if guess.sureness >= OFFERED_FROM]
    return [], close or (begun if len(begun) == 1 else [])


def _likeness(header: str, known: Field) -> Guess:
    wanted = plain(header)
    words = [text for text in (known.title, known.name) if text]
    ratios = {text: SequenceMatcher(None, wanted, plain(text)).ratio() for text in words}
    text = max(words, key=lambda text: ratios[text])
    ratio = ratios[text]
    return Guess(known.name, ratio, f"{ratio:.0%} like “{text}”".replace("%", " %"))


def _begins(header: str, known: Field) -> bool:
    """Whether each word of the header begins a word of the field's name, or of its title."""
    words = plain(header).split()
    return bool(words) and any(
        all(any(word.startswith(begun) for word in plain(text).split()) for begun in words)
        for text in (known.name, known.title)
    )
