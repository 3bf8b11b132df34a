"""What expressions of PromQL ask for: metrics, each with the labels that it is asked by."""

import re

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[A-Za-z_:][A-Za-z0-9_:]*|[^\s]')
NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
# Words before brackets of labels that belong to all of an aggregation.
GROUPING = ("by", "without", "on", "ignoring", "group_left", "group_right")
SELECTED = re.compile(r'(\w+)\{((?:[^}"]|"[^"]*")*)\}')
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
# What no program tells of itself: Prometheus adds it.
ADDED = {"job", "instance"}


def asked_by(expression: str) -> dict[str, set[str]]:
    """Labels by metric. Those grouped by are asked of every metric of the expression."""
    tokens = TOKEN.findall(expression)
    metrics: dict[str, set[str]] = {}
    grouped: set[str] = set()
    place = 0
    while place < len(tokens):
        word, following = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else ""
        if word in GROUPING:
            end = tokens.index(")", place)
            grouped |= {token for token in tokens[place + 2 : end] if NAME.fullmatch(token)}
            place = end
        elif word == "[":
            place = tokens.index("]", place)
        elif (
            NAME.fullmatch(word)
            and following not in ("(", "by", "without")
            and word not in ("and", "or", "unless", "bool", "offset")
        ):
            end = tokens.index("}", place) if following == "{" else place
            inner = tokens[place + 2 : end]
            names = {token for token, sign in zip(inner, inner[1:], strict=False) if sign in ("=", "!")}
            metrics.setdefault(word, set()).update(names)
            place = end
        place += 1
    return {name: (labels | grouped) - ADDED for name, labels in metrics.items()}


def values_asked(expression: str) -> set[tuple[str, str, str]]:
    """Metric, label and value, each of a pattern's ways by itself."""
    return {
        (metric, label, way)
        for metric, matchers in SELECTED.findall(expression)
        for label, sign, value in MATCHER.findall(matchers)
        for way in (value.split("|") if "~" in sign else [value])
    }
