"""Say why a request body is not valid JSON, and where."""

import codecs
import re

LOCATED = re.compile(r"(.+) at line (\d+) column (\d+)", re.DOTALL)
STARTS = {
    codecs.BOM_UTF8: "it begins with a byte order mark; send UTF-8 without one",
    codecs.BOM_UTF16_LE: "it is UTF-16; send UTF-8",
    codecs.BOM_UTF16_BE: "it is UTF-16; send UTF-8",
    b"\x1f\x8b": "it is compressed; send it uncompressed",
}
EXPECTED_VALUE = "expected an object, a list, a text in double quotes, a number, true, false or null"
# The beginning of a message of the parser, and our message in its place. Other messages stay as they are.
REASONS = {
    "expected value": EXPECTED_VALUE,
    "expected ident": EXPECTED_VALUE,
    "key must be a string": "expected a name in double quotes",
    "trailing comma": "expected no comma before the closing bracket",
    "trailing characters": "expected nothing after the end of the value",
    "recursion limit exceeded": "nested more than 200 levels deep",
    "invalid unicode code point": "the text is not UTF-8",
    "unexpected end of hex escape": "half of a surrogate pair",
    "lone leading surrogate": "half of a surrogate pair",
    "control character": "a line break or another control character inside a text; escape it, for example as \\n",
    "EOF": "the body ends too early",
}


def describe_invalid_json(body: bytes, error: ValueError) -> str:
    """Return the message for a body that the parser refused with `error`."""
    title = "body: the request body is not valid JSON"
    if start := next((reason for mark, reason in STARTS.items() if body.startswith(mark)), ""):
        return f"{title}: {start}"
    located = LOCATED.match(str(error))
    if located is None:
        return title
    said, line, column = located[1], int(located[2]), int(located[3])
    # The parser counts bytes, and editors count characters.
    before = body.split(b"\n", line)[line - 1][:column].decode(errors="replace")
    reason = next((reason for begin, reason in REASONS.items() if said.startswith(begin)), said)
    return f"{title}: line {line}, column {max(len(before), 1)}: {reason}"
