"""What people read is plain: pages, mails, messages and the guide are free of phrases that make readers stop."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType

from pipelines_portal.guide.contents import DOCS, SECTIONS, START

ROOT = Path(__file__).parent.parent
# Each with what to write instead.
FORBIDDEN = {
    r"whoever": "your administrator, or the person who",
    r"whom": "who",
    r"anew": "again",
    r"meanwhile|in the meantime": "just, or nothing",
    r"thereby": "so",
    r"shall": "will",
    r"nobody|somebody": "no one, someone, or the person's name",
    r"any more": "no longer",
    r"at once": "immediately",
    r"c[ao]mes? of": "name the result",
    r"set aside|take back|taken back|put back": "skip, restore, stop sharing",
    r"rows to fix|left to fix": "errors",
    r"(?:is|was|are|were|am) told": "notified",
    r"g(?:o|oes|oing) on with|goes on|go on by itself": "continue, resume",
    r"goes off|taken off": "removed",
    r"is through": "finished",
    r"takes? no (?:new )?tasks": "closed to new tasks",
    r"nothing speaks": "allowed",
    r"say (?:so|when|who)": "set, choose, enter",
    r"keep (?:it|them) in|leave it at|keep it<": "Cancel",
    r"second step|two-factor": "two-step verification",
    r"not moved for|did not move": "stuck",
    r"not sent from here": "an empty cell",
    r"how (?:it|its \w+|they) stands?|stands? at|where it stands": "status",
    r"look again|look what": "check again, review",
    r"it is not known|is not known": "we don't know",
    r"of (?:yours|theirs) ": "your, their",
    r"organi[sz]ation keys?": "API key",
    r"submissions?": "Sent, or the name of the import",
    r"ledger|twins?|issuer": "Sent, duplicate, identity provider",
}
PHRASES = re.compile(rf"\b(?:{'|'.join(FORBIDDEN)})(?!\w)", re.IGNORECASE)
PORTAL_WORDS = re.compile(r"\bthe API\b(?! keys?\b)")
# Words that the code used for what pages and the field call otherwise, each with the word to use.
PRIVATE_NAMES = re.compile(
    "|".join(
        {
            "_issuer_": "identity provider, idp",
            "_second_steps?_": "two-step verification",
            "_organization_keys?_": "API key",
            "_set_aside_": "skip",
            "_take_back_|_taken_back_": "undo skip, stop sharing",
            "_hand_over_|_handed_over_": "transfer",
            "_ledger_": "submissions, Sent",
            "_twins?_": "duplicate",
            "_moments?_": "time, timestamp",
            "_objections?_|_refusals?_|_faults?_": "error, rejection, conflict",
            "_telling_": "title",
            "_asked_": "requested",
        }
    )
)
# Names of settings and libraries, and columns of the database.
OTHERS_NAMES = {"OIDC_ISSUER", "WrongIssuer", "get_totp_issuer", "issuer", "set_aside", "was_set_aside"}
# The API's own pages and messages keep the words of its reference.
API = "external_api"
FOR_PROGRAMS = {API, "api_client", "core", "management", "migrations", "settings", "worker"}


def words_of_template(path: Path) -> str:
    """Return a template without comments, tags, variables and the names in its markup."""
    text = re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", " ", path.read_text(), flags=re.DOTALL)
    text = re.sub(r"\{% (?:note|state_note)[^%]*?%\}", lambda found: " ".join(re.findall(r'"([^"]*)"', found[0])), text)
    text = re.sub(r'\|count:"([^"]*)"', r"}} \1 {{", text)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL)
    return re.sub(r'\b(?:href|action|class|id|for|name|value|data-[\w-]+|hx-[\w-]+)="[^"]*"', " ", text)


def code_of(path: Path) -> Iterator[CodeType]:
    """Yield the compiled parts of a module, without docstrings. To walk syntax trees takes five times as long."""
    parts = [compile(path.read_text(), path, "exec", optimize=2)]
    for part in parts:
        parts += [constant for constant in part.co_consts if isinstance(constant, CodeType)]
    yield from parts


def texts_among(constants: Iterable[object]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple | frozenset):
            yield from texts_among(constant)


def words_of_module(path: Path) -> list[str]:
    """Return the texts of a module that may be shown: neither docstrings nor single words."""
    texts = (text for part in code_of(path) for text in texts_among(part.co_consts))
    return [text for text in texts if re.search(r"[A-Za-z’]+ [A-Za-z]+", text)]


def portal_templates() -> list[Path]:
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]
    return sorted(path for path in files if API not in path.parts)


def text_modules() -> list[Path]:
    """Return the modules with texts that people read: all of the portal but those for programs and administrators."""
    found = (ROOT / "pipelines_portal").rglob("*.py")
    return sorted(path for path in found if not FOR_PROGRAMS.intersection(path.parts) and path.name != "reads.py")


def code_of_portal() -> list[Path]:
    files = (ROOT / "pipelines_portal").rglob("*.py")
    return sorted(path for path in files if not {API, "migrations", "web_server"}.intersection(path.parts))


def guide_pages() -> list[Path]:
    pages = [START, *(page for pages in SECTIONS.values() for page in pages if page != "licences.md")]
    return [*(DOCS / page for page in pages), ROOT / "README.md"]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_pages_and_mails_are_plain() -> None:
    """Pages call the API Pipelines."""
    texts = [(shown(path), words_of_template(path)) for path in portal_templates()]
    assert len(texts) > 300
    assert [(path, found[0]) for path, text in texts for found in PHRASES.finditer(text)] == []
    assert [(path, found[0]) for path, text in texts for found in PORTAL_WORDS.finditer(text)] == []


def test_texts_are_plain() -> None:
    texts = [(shown(path), text) for path in text_modules() for text in words_of_module(path)]
    assert len(texts) > 1_000
    assert [(path, text) for path, text in texts if PHRASES.search(text) or PORTAL_WORDS.search(text)] == []


def test_the_guide_is_plain() -> None:
    code = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)", re.DOTALL)
    texts = [(shown(path), code.sub(" ", path.read_text())) for path in guide_pages()]
    assert [(path, found[0]) for path, text in texts for found in PHRASES.finditer(text)] == []


def names_in(path: Path) -> set[str]:
    """Return the names in a module of the portal."""
    names = set[str]()
    for part in code_of(path):
        names.update((part.co_name,), part.co_names, part.co_varnames, part.co_cellvars)
    return names


def words_of_name(name: str) -> str:
    """Return the words of a name in lower case: "NotSent" and "NOT_SENT" are "_not_sent_"."""
    return f"_{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', name).lower()}_"


def test_names_in_the_code_are_those_of_the_pages() -> None:
    named = [(shown(path), name) for path in code_of_portal() for name in names_in(path) if name not in OTHERS_NAMES]
    assert len(named) > 10_000
    assert [(path, name) for path, name in named if PRIVATE_NAMES.search(words_of_name(name))] == []


def test_the_list_finds_what_it_forbids() -> None:
    assert PHRASES.search("Nothing is sent any more") and not PHRASES.search("You can send many more")
    assert PRIVATE_NAMES.search(words_of_name("hasSecondStep")) and not PRIVATE_NAMES.search(words_of_name("default"))
