"""Words without what people do not notice: case, accents, separators."""

import re
from functools import lru_cache
from unicodedata import combining

from pipelines_portal.core.unicode_forms import normalize


def folded(word: str) -> str:
    """Return a word without its case and outer spaces."""
    return " ".join(word.split()).casefold()


@lru_cache(maxsize=4096)
def without_accents(text: str) -> str:
    """Return a text without case, accents, and spaces too many, with a space between letters for a hyphen.

    Signs stay: -1 is not 1, and A- is another mark than A.
    """
    letters = "".join(sign for sign in normalize("NFKD", text) if not "\u0300" <= sign <= "\u036f")
    return " ".join(re.sub(r"(?<=[^\W\d_])[-_](?=[^\W\d_])", " ", letters).casefold().split())


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return a text without case, accents, camelCase and separators: "Target_Language" equals "targetLanguage"."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    letters = (sign for sign in normalize("NFKD", apart) if not combining(sign))
    return " ".join(re.sub(r"[\s_.\-]+", " ", "".join(letters)).casefold().split())
