"""Match the headers of columns with fields. A match is used only if it is equal but for spelling, or remembered."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from pipelines_portal.api_client import Field
from pipelines_portal.matching import texts
from pipelines_portal.workflows.fields.reading.plain_words import folded, plain

# The least similarity of what is offered alone, of what is offered, and the distance to the next.
NEAR_FROM, OFFERED_FROM, MARGIN = 0.90, 0.85, 0.08
# The confidence in a match. What a person chose before counts more than all but the exact name.
BY_NAME, REMEMBERED, BY_TITLE, SPELLED_DIFFERENTLY = 5.0, 4.0, 3.0, 2.0
# A longer header is compared as it is. Its similarity to a name takes too long, and nobody writes one.
LONGEST_SIMILAR = 200


@dataclass(frozen=True)
class Guess:
    """A field that a header may mean, and in `how` the reason for people."""

    field: str
    confidence: float
    how: str


@dataclass
class HeaderMatch:
    """The field of a column, or the names of fields that are offered to choose from."""

    used: Guess | None = None
    offered: list[str] = field(default_factory=list)


def match_headers(headers: list[str], fields: list[Field], remembered: dict[str, Guess]) -> list[HeaderMatch]:
    """Return a match for each header. No field is used twice. `remembered` is by folded header."""
    guesses = [_exact(header, fields, remembered.get(folded(header))) for header in headers]
    matches = _use_once(guesses)
    matched = {match.used.field for match in matches if match.used}
    left = [known for known in fields if known.name not in matched]
    rest = [place for place, match in enumerate(matches) if match.used is None and not match.offered]
    near = {place: _near(headers[place], left) for place in rest if 0 < len(headers[place]) <= LONGEST_SIMILAR}
    for place, match in zip(near, _use_once([near[place][0] for place in near]), strict=True):
        offered = [match.used.field] if match.used else match.offered + near[place][1]
        matches[place] = HeaderMatch(None, offered)
    return matches


def _exact(header: str, fields: list[Field], remembered: Guess | None) -> list[Guess]:
    """Return the equally good guesses. If there are several, a person has to choose."""
    if not header:
        return []
    same, guesses = folded(header), [remembered] if remembered else []
    wanted = plain(header) if len(header) <= LONGEST_SIMILAR else None
    for known in fields:
        if header == known.name:
            guesses.append(Guess(known.name, BY_NAME, texts.MATCHED))
        elif known.title and same == folded(known.title):
            guesses.append(Guess(known.name, BY_TITLE, texts.MATCHED))
        elif wanted in (plain(known.name), plain(known.title)):
            guesses.append(Guess(known.name, SPELLED_DIFFERENTLY, texts.MATCHED))
    return _best(guesses)


def _best(guesses: Iterable[Guess]) -> list[Guess]:
    guesses = list(guesses)
    most = max((guess.confidence for guess in guesses), default=0)
    return [guess for guess in guesses if guess.confidence == most]


def _use_once(guesses: list[list[Guess]]) -> list[HeaderMatch]:
    """Give each field to the best of the columns that mean it, or to none if several are equally good."""
    wishes = [each[0] if len(each) == 1 else None for each in guesses]
    columns = Counter((wish.field, wish.confidence) for wish in wishes if wish)
    most = dict(sorted(columns))  # the last of a field is its highest confidence
    matches = []
    for each, wish in zip(guesses, wishes, strict=True):
        is_best = wish is not None and wish.confidence == most[wish.field]
        used = wish if wish and is_best and columns[wish.field, wish.confidence] == 1 else None
        offered = [] if used or (wish and not is_best) else [guess.field for guess in each]
        matches.append(HeaderMatch(used, offered))
    return matches


def _near(header: str, fields: list[Field]) -> tuple[list[Guess], list[str]]:
    """Return the field that the header resembles closely, and the fields that it may be."""
    guesses = sorted((_similarity(header, known) for known in fields), key=lambda guess: -guess.confidence)
    best, second = guesses[0] if guesses else None, guesses[1].confidence if len(guesses) > 1 else 0
    if best and best.confidence >= NEAR_FROM and best.confidence - second >= MARGIN:
        return [best], []
    if best and best.confidence >= OFFERED_FROM and best.confidence - second >= MARGIN:
        return [], [best.field]
    begun = [known.name for known in fields if _begins(header, known)]
    close = [guess.field for guess in guesses if guess.confidence >= OFFERED_FROM]
    return [], close or (begun if len(begun) == 1 else [])


def _similarity(header: str, known: Field) -> Guess:
    wanted = plain(header)
    words = [text for text in (known.title, known.name) if text]
    ratio = max(SequenceMatcher(None, wanted, plain(text)).ratio() for text in words)
    return Guess(known.name, ratio, "Suggested")


def _begins(header: str, known: Field) -> bool:
    """Return whether each word of the header begins a word of the field's name or title."""
    words = plain(header).split()
    return bool(words) and any(
        all(any(word.startswith(begun) for word in plain(text).split()) for begun in words)
        for text in (known.name, known.title)
    )
