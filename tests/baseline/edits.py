"""The ways to change one place of a program a little: each gives the bytes to replace, and what to write there."""

import ast
import re
from collections.abc import Iterator
from itertools import accumulate, pairwise

# Kind, start, end and the new text.
Edit = tuple[str, int, int, str]
SWAPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "and": "or", "or": "and"}
BOUNDARY = re.compile(rb"[<>]=?|[=!]=")
CONNECTIVE = re.compile(rb"\b(and|or)\b")


class Source:
    """A text whose places are bytes, as `ast` counts columns."""

    def __init__(self, text: str) -> None:
        self.bytes = text.encode()
        self._lines = [0, *accumulate(len(line) for line in self.bytes.splitlines(keepends=True))]

    def start(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        return self._lines[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        return self._lines[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)

    def text(self, node: ast.expr) -> str:
        return self.bytes[self.start(node) : self.end(node)].decode()

    def replaced(self, start: int, end: int, new: str) -> str:
        return (self.bytes[:start] + new.encode() + self.bytes[end:]).decode()


def edits(node: ast.AST, source: Source) -> Iterator[Edit]:
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            yield from _negated([test], source)
        case ast.comprehension(ifs=conditions):
            yield from _negated(conditions, source)
        case ast.Compare(left=left, comparators=[*others]):
            yield from _swapped("boundary", BOUNDARY, [left, *others], source)
        case ast.BoolOp(values=values):
            yield from _swapped("connective", CONNECTIVE, values, source)
        case ast.Call(func=ast.Attribute(attr="filter" | "exclude"), keywords=keywords):
            yield from (_without(keyword, source) for keyword in keywords if keyword.arg)
        case ast.Expr(value=ast.Call()):
            yield "call dropped", source.start(node), source.end(node), "pass"
        case ast.Constant(value=int() as value):
            new = ("truth", not value) if isinstance(value, bool) else ("number", value + 1)
            yield new[0], source.start(node), source.end(node), str(new[1])


def _negated(conditions: list[ast.expr], source: Source) -> Iterator[Edit]:
    for condition in conditions:
        # To swap == in it is the same.
        if not isinstance(condition, ast.Compare) or not isinstance(condition.ops[0], ast.Eq | ast.NotEq):
            yield "negated", source.start(condition), source.end(condition), f"not ({source.text(condition)})"


def _swapped(kind: str, sign: re.Pattern[bytes], operands: list[ast.expr], source: Source) -> Iterator[Edit]:
    for left, right in pairwise(operands):
        if found := sign.search(source.bytes, source.end(left), source.start(right)):
            yield kind, found.start(), found.end(), SWAPPED[found[0].decode()]


def _without(keyword: ast.keyword, source: Source) -> Edit:
    """Take the comma behind it along, or else the one before it."""
    start, end = source.start(keyword), source.end(keyword)
    if behind := re.compile(rb"\s*,\s*").match(source.bytes, end):
        end = behind.end()
    elif before := re.search(rb",\s*\Z", source.bytes[:start]):
        start = before.start()
    return "condition dropped", start, end, ""
