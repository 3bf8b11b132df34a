"""The sentence for what can go wrong with a call to the API: for a failed call, and for a row that was rejected."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pipelines_portal.api_client import (
    ApiError,
    BeyondLimit,
    CertificateRefused,
    ConnectionFailed,
    CreatorGone,
    Forbidden,
    KeyNotReceived,
    NotFound,
    NotSent,
    PipelinesError,
    RateLimited,
    ServiceUnavailable,
    Unauthorized,
    UnexpectedResponse,
)
from pipelines_portal.web import texts

# Labels of fields by name.
Labels = Mapping[str, str]

_INVALID = re.compile("Invalid value for ([^:]+): (must .+)", re.DOTALL)
_UNKNOWN_FILE = re.compile("Unknown file: (.+)", re.DOTALL)
_ORDER = re.compile("must be all of (.+), in order", re.DOTALL)
# The API joins several messages about one row with "; ". Values inside a message may contain that too, so a message is
# split only where another known message begins.
_BEGINNINGS = (
    "Missing required columns",
    "Unknown field",
    "Unknown file",
    "File not found in ZIP",
    "Invalid value for ",
)
_NEXT_MESSAGE = re.compile(f"; (?=(?:{'|'.join(map(re.escape, _BEGINNINGS))}))")


def row_message(message: str, labels: Labels | None = None, *, has_one_file_field: bool = False) -> str:
    """Return what the API says of a row, with the fields' labels. A message that is not known stays as it is.

    `has_one_file_field`: the row was derived from a file that is in no folder, or else was rejected.
    """
    parts = _NEXT_MESSAGE.split(message)
    return "; ".join(_unknown_file(part, has_one_file_field) or _translate(part, labels or {}) for part in parts)


def is_about_unknown_file(message: str) -> bool:
    """Return whether a row's message is about a file that no field takes. The API then names a field at random."""
    return any(_UNKNOWN_FILE.fullmatch(part) for part in _NEXT_MESSAGE.split(message))


def field_message(message: str) -> str:
    """Return what the API says of a field, for the place beside that field, which already shows its label."""
    if message.startswith("Missing required columns"):
        return "Pipelines requires this field."
    invalid = _INVALID.fullmatch(message)
    if not invalid:
        return message
    order = _ORDER.fullmatch(invalid[2])
    return f"Use each once, the first one on top: {order[1]}." if order else f"It {invalid[2]}."


def _translate(message: str, labels: Labels) -> str:
    for pattern, translation in _TRANSLATIONS:
        if match := pattern.fullmatch(message):
            return translation(match, labels)
    return message


def _unknown_file(message: str, has_one_file_field: bool) -> str:
    """Return why no field takes a file, or "" if the message is about something else.

    The words are those of the preview: uploads/archive/findings.py.
    """
    found = _UNKNOWN_FILE.fullmatch(message)
    if not found:
        return ""
    levels = found[1].count("/")
    if not levels:
        return f"{found[1]} isn’t in a folder"
    return f"{found[1]} is in a subfolder" if levels > 1 or has_one_file_field else f"{found[1]} matches no field"


def _missing(match: re.Match[str], labels: Labels) -> str:
    names = [labels.get(name, name) for name in match[1].split(", ")]
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} missing"


def _invalid_value(match: re.Match[str], labels: Labels) -> str:
    label, order = labels.get(match[1], match[1]), _ORDER.fullmatch(match[2])
    return f"{label}: use each once, the first one on top: {order[1]}" if order else f"{label} {match[2]}"


_TRANSLATIONS: list[tuple[re.Pattern[str], Callable[[re.Match[str], Labels], str]]] = [
    (re.compile("Missing required columns: (.+)", re.DOTALL), _missing),
    (re.compile("Unknown field: (.+)", re.DOTALL), lambda match, labels: f"No field is called {match[1]}"),
    (re.compile("File not found in ZIP: (.+)", re.DOTALL), lambda match, labels: f"{match[1]} isn’t in the ZIP file"),
    (_INVALID, _invalid_value),
]


@dataclass(frozen=True)
class Explanation:
    """Words for an error. `status` is of our response, `retry_after` is in seconds, `key_id` is the key at fault."""

    status: int
    title: str
    sentence: str
    can_retry: bool = False
    retry_after: int | None = None
    key_is_dead: bool = False
    key_id: int | None = None

    @property
    def reason(self) -> str:
        """Both as the reason why something was not done."""
        return f"{self.title}. {self.sentence}"


def explain(error: PipelinesError) -> Explanation:
    """Return the words for an error. They never quote the key, and the API only where its message is for people."""
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            sentence = error.advice or words.sentence
            if isinstance(error, CertificateRefused):
                sentence = sentence.format(cause=error.cause)
            return replace(words, sentence=sentence, key_id=error.key_id)
    if isinstance(error, RateLimited):
        seconds = wait_of(error)
        sentence = f"Pipelines limits requests per key. You can continue in {seconds:,} s."
        return Explanation(429, "Pipelines asks us to wait", sentence, can_retry=True, retry_after=seconds)
    if isinstance(error, NotSent):
        title = str(error).rstrip(".")
        return Explanation(503, title, texts.IN_A_MINUTE, can_retry=True, retry_after=error.retry_after)
    if isinstance(error, UnexpectedResponse):
        is_limit = isinstance(error, BeyondLimit)
        title = "Too much to show" if is_limit else "Pipelines sent an unexpected response"
        sentence = str(error) if is_limit else f"{error} Contact your administrator."
        return Explanation(502, title, sentence, can_retry=True)
    if isinstance(error, ApiError) and error.status < 500:
        return Explanation(502, "Pipelines refused this", f"Pipelines answered: {error.message}", can_retry=True)
    return Explanation(502, "Pipelines had an error", "Try again.", can_retry=True)


def wait_of(error: RateLimited) -> int:
    return max(5 if error.retry_after is None else error.retry_after, 1)


_WORDS: dict[type[PipelinesError], Explanation] = {
    Unauthorized: Explanation(
        403, "API key rejected", "It expired or was revoked. Replace it with a new key.", key_is_dead=True
    ),
    CreatorGone: Explanation(
        422,
        "ZIP uploads are blocked for this key",
        "The person who created it left the organization. Ask an organization admin for a new key.",
        key_is_dead=True,
    ),
    Forbidden: Explanation(
        403, "Pipelines doesn’t allow this", "This key has no permission for it. Ask an organization admin."
    ),
    NotFound: Explanation(404, "Not found in Pipelines", "It doesn’t exist, or this key has no access to it."),
    ServiceUnavailable: Explanation(503, "Pipelines isn’t responding", texts.IN_A_MINUTE, can_retry=True),
    CertificateRefused: Explanation(
        503,
        "Pipelines’ certificate isn’t valid",
        "The portal can’t connect safely ({cause}). Ask your administrator to check the certificate.",
        can_retry=True,
    ),
    KeyNotReceived: Explanation(
        503,
        "The API key didn’t reach Pipelines",
        "Something between the portal and Pipelines removes it. Contact your administrator.",
        can_retry=True,
    ),
    ConnectionFailed: Explanation(503, "Pipelines isn’t responding", texts.IN_A_MINUTE, can_retry=True),
}
