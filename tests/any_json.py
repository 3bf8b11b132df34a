"""Any JSON, from the documented shape outwards: values replaced, left out, added; or something else altogether."""

from typing import Any

from hypothesis import strategies as st

from tests.fake_api import Answer, answer

NASTY = st.sampled_from(
    [
        None, True, False, 0, -1, 1, 2**31, 2**63 - 1, 2**63, 10**30, -(10**30), 1.5, 1e300, float("nan"), float("inf"),
        "", " ", "\x00", "\ud800", "a\udfffb", "\u202e<script>alert(1)</script>", "x" * 5000, "1" * 3000, "42", "4_2",
        "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-03-30T12:00:00", "true", "items", "FILE_UPLOAD",
        "{{ 7 }}", '["\\ud800", "\\u0000"]', "One of: ,", "1e999 and 1e999", "javascript:alert(1)",
        [], {}, [[]], [None], {"": ""}, ["a", "a"], {"name": "x"}, {"value": None, "label": "x"},
    ]
)  # fmt: skip
TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
VALUES = NASTY | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
STATUSES = (200, 200, 200, 200, 200, 201, 202, 204, 302, 400, 401, 403, 404, 409, 413, 418, 422, 429, 500, 502, 503)


@st.composite
def any_json(draw: st.DrawFn, documented: Any) -> Any:
    """Mostly a few steps away from `documented`."""
    if draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    body = documented
    for _ in range(draw(st.integers(0, 3))):
        body = _one_step(draw, body)
    return body


def _one_step(draw: st.DrawFn, body: Any) -> Any:
    """One place of it changed; itself is left as it is."""
    if isinstance(body, dict) and body and draw(st.integers(0, 9)):
        key = draw(st.sampled_from(sorted(body)))
        if draw(st.integers(0, 5)) == 0:
            return {name: value for name, value in body.items() if name != key}
        return body | {key: _one_step(draw, body[key])}
    if isinstance(body, list) and body and draw(st.integers(0, 4)):
        index = draw(st.integers(0, len(body) - 1))
        return [*body[:index], _one_step(draw, body[index]), *body[index:][draw(st.integers(0, 1)) :]]
    return draw(VALUES)


@st.composite
def any_answer(draw: st.DrawFn, documented: Any) -> Answer:
    """With any status and Retry-After; errors have the documented envelope to go out from."""
    status = draw(st.sampled_from(STATUSES))
    envelope = {"error": "validation_error", "message": "tasks.0: Unknown field: x", "retry_after": 3, "errors": []}
    body = draw(any_json(documented if status < 300 else envelope))
    header = draw(st.sampled_from(["", "0", "3", "9" * 30, "soon", "Wed, 21 Oct 2015 07:28:00 GMT"]))
    return answer(status, body, **({"Retry_After": header} if header else {}))
