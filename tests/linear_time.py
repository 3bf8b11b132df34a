"""Calls the functions of a program with hostile texts, to find those that take more than linear time.

Functions, methods and forms are collected by introspection. One is called if its parameters can be built from their
annotations: texts are hostile, and anything else is a small sample. Functions that need a row of the database, a
request or an open file are not called; the functions to which they pass texts are.
"""

import dataclasses
import enum
import gc
import importlib
import inspect
import logging
import pkgutil
import time
import types
from collections import abc, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from functools import cache
from itertools import islice, pairwise
from types import ModuleType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from django import forms
from django.db import models
from pydantic import BaseModel

# Four times the length may take so many times the CPU time. Square time takes 16 times as much.
MOST_TIMES = 6
# Calls that take less are not compared: they are too short to measure, and no danger.
FLOOR_SECONDS = 0.002
# From here on, linear time is seen from calls that take this time and so many times that of the shorter text.
CLEAR_SECONDS, LINEAR_TIMES = 0.0001, 5
LENGTHS = (1_000, 4_000, 16_000, 64_000)
MOST_CALLS_OF_ONE = 16

HOSTILE: dict[str, Callable[[int], str]] = {
    "spaces": lambda n: " " * n + "x",
    "digits": lambda n: "1" * n + "x",
    "marks": lambda n: "a" + "\u0301\u0316" * (n // 2),
    "letters": lambda n: "a" * n,
    "quotes": lambda n: "\"'[({<" * (n // 6),
    "separators": lambda n: "a;\n,\t" * (n // 5),
    "dots": lambda n: "1.2,3" * (n // 5) + "x",
    "escapes": lambda n: "%\ud800\\u" * (n // 4),
}


TEXTS: tuple[Any, ...] = (str, bytes, Any, object)
SIMPLE: dict[Any, Callable[[str], Any]] = {
    str: str,
    bytes: lambda text: text.encode("utf-8", "surrogatepass"),
    Any: str,
    object: str,
    int: lambda text: 3,
    float: lambda text: 1.5,
    bool: lambda text: False,
    type(None): lambda text: None,
}
LISTS = (list, abc.Sequence, abc.Iterable)
SETS = (set, frozenset, abc.Set)
COLLECTIONS: dict[Any, Any] = {
    **dict.fromkeys((*LISTS, abc.Collection, abc.Container), list),
    **dict.fromkeys(SETS, set),
    **dict.fromkeys((dict, abc.Mapping), dict),
    abc.Iterator: iter,
    tuple: tuple,
}
# Of objects inside of objects.
MOST_LEVELS = 3


class CannotBuild(Exception):
    """No value can be built for an annotation."""


class Samples:
    """Builds arguments. `by_type` are the values of types that are not built from their fields."""

    def __init__(self, by_type: dict[Any, list[Any]], by_name: dict[str, list[Any]] | None = None) -> None:
        self._by_type, self._by_name = by_type, by_name or {}

    def of_name(self, name: str, hint: Any) -> list[Any]:
        """Return the samples for a parameter, or nothing if it is built."""
        return self._by_name.get(name) or (self._by_type.get(hint, []) if isinstance(hint, abc.Hashable) else [])

    def build(self, hint: Any, text: str, depth: int = 0) -> Any:
        """Return a value of a type, of which all texts are `text`. Raise CannotBuild."""
        if isinstance(hint, abc.Hashable) and hint in self._by_type:
            return self._by_type[hint][0]
        if hint in SIMPLE:
            return SIMPLE[hint](text)
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return next(iter(hint))
        if isinstance(hint, type) and dataclasses.is_dataclass(hint) and depth < MOST_LEVELS:
            return self.construct(hint, text, depth + 1)
        return self._build_generic(get_origin(hint), get_args(hint), text, depth)

    def _build_generic(self, origin: Any, arguments: tuple[Any, ...], text: str, depth: int) -> Any:
        if origin in (Union, types.UnionType):
            return self.build(arguments[0], text, depth)
        if origin is Literal:
            return arguments[0]
        if origin not in COLLECTIONS:
            raise CannotBuild(str(origin))
        if origin in (dict, abc.Mapping):
            return {self.build(arguments[0], "a", depth): self.build(arguments[1], text, depth)}
        return COLLECTIONS[origin](self.build(each, text, depth) for each in arguments if each is not ...)

    def construct(self, kind: Any, text: str, depth: int = 1) -> Any:
        """Return an object of a class, of which all texts are `text`."""
        required = {name: hint for name, hint, is_required in parameters(kind.__init__, kind) if is_required}
        return kind(**{name: self.build(hint, text, depth) for name, hint in required.items()})


@cache
def parameters(function: Any, owner: Any = None) -> list[tuple[str, Any, bool]]:
    """Return the name, the type and whether it is required, of each parameter that can be passed by name."""
    try:
        signature, hints = inspect.signature(function), get_type_hints(function)
    except (TypeError, ValueError, NameError) as error:
        raise CannotBuild(str(error)) from error
    given = list(signature.parameters.values())[1 if owner else 0 :]
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [(one.name, hints.get(one.name), one.default is one.empty) for one in given if one.kind in kinds]


def has_text(hint: Any) -> bool:
    return hint in TEXTS or any(has_text(each) for each in get_args(hint))


Call = Callable[[str], Any]


def _calls_of(
    package: ModuleType, samples: Samples, without: dict[str, str], skipped: list[str]
) -> dict[str, list[Call]]:
    """Return ways to call each function of a package with one text, by its name."""
    found: dict[str, list[Call]] = {}
    for module in _modules(package, without):
        for name, one in vars(module).items():
            path = f"{module.__name__.removeprefix('pipelines_portal.')}.{name}"
            if getattr(one, "__module__", None) != module.__name__ or isinstance(one, TypeVar) or path in without:
                continue
            if isinstance(one, type):
                found |= _of_class(path, one, samples, without, skipped)
            elif callable(one) and hasattr(one, "__name__"):
                # A cache would answer the second call.
                function = one.__wrapped__ if hasattr(one, "cache_info") else one
                found[path] = _variants(path, function, samples, skipped)
    return {path: calls for path, calls in found.items() if calls}


def _modules(package: ModuleType, without: dict[str, str]) -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        short = info.name.removeprefix("pipelines_portal.")
        if not any(short == name or short.startswith(f"{name}.") for name in without):
            yield importlib.import_module(info.name)


def _of_class(
    path: str, kind: Any, samples: Samples, without: dict[str, str], skipped: list[str]
) -> dict[str, list[Call]]:
    if issubclass(kind, (enum.Enum, models.Model, BaseException, BaseModel)):
        return {}
    if issubclass(kind, forms.BaseForm):
        return {path: [lambda text: kind(data=dict.fromkeys(kind.base_fields, text)).is_valid()]}
    try:
        samples.construct(kind, "")
    except Exception:
        skipped.append(path)
        return {}
    found = {}
    for name, method in vars(kind).items():
        if inspect.isfunction(method) and not name.startswith("_") and f"{path}.{name}" not in without:
            found[f"{path}.{name}"] = _variants(f"{path}.{name}", method, samples, skipped, kind)
    return found


def _variants(path: str, function: Any, samples: Samples, skipped: list[str], owner: type | None = None) -> list[Call]:
    """Return a call for each text parameter alone, one for all of them, and those for each sample of the others."""
    try:
        given = parameters(function, owner)
        texts = [name for name, hint, _ in given if has_text(hint) and not samples.of_name(name, hint)]
        if not texts and not (owner and _takes_text(owner)):
            return []
        base = {
            name: (hint, samples.of_name(name, hint) or [None])
            for name, hint, needed in given
            if needed or name in texts
        }
        for hint, values in base.values():
            if values == [None]:
                samples.build(hint, "a")
    except CannotBuild:
        skipped.append(path)
        return []
    calls: list[Call] = []
    for hostile in [[name] for name in texts] + ([texts] if len(texts) != 1 else []):
        for place in range(max(len(values) for _, values in base.values()) if base else 1):
            for own in ("", None) if owner and _takes_text(owner) else ("",):
                calls += _call(function, owner, base, hostile, place, own, samples)
    return calls[:MOST_CALLS_OF_ONE]


def _takes_text(owner: Any) -> bool:
    return any(has_text(hint) for _, hint, is_required in parameters(owner.__init__, owner) if is_required)


def _call(
    function: Any, owner: type | None, base: Any, hostile: list[str], place: int, own: str | None, samples: Samples
) -> list[Call]:
    def arguments(text: str, is_list_long: bool) -> dict[str, Any]:
        built = {}
        for name, (hint, values) in base.items():
            if values != [None]:
                built[name] = values[place % len(values)]
            elif name in hostile and is_list_long and get_origin(hint) in LISTS:
                item = get_args(hint)[0]
                built[name] = [samples.build(item, text[at : at + 8]) for at in range(0, len(text), 8)]
            else:
                built[name] = samples.build(hint, text if name in hostile else "1")
        return built

    def call(text: str, is_list_long: bool = False) -> Any:
        themselves = [samples.construct(owner, text if own is None else own)] if owner else []
        result = function(*themselves, **arguments(text, is_list_long))
        if isinstance(result, abc.Iterator):
            deque(islice(result, 100_000), maxlen=0)

    has_list = len(hostile) == 1 and get_origin(base[hostile[0]][0]) in LISTS
    return [call, lambda text: call(text, is_list_long=True)] if has_list else [call]


def find_slow(package: ModuleType, samples: Samples, without: dict[str, str], known: set[str]) -> dict[str, str]:
    """Return how functions of a package take more than linear time, by their names. `known` must be among those called.

    `without` has the modules, functions and methods that are not called, and the reasons.
    """
    skipped: list[str] = []
    calls = _calls_of(package, samples, without, skipped)
    print("Called:", *calls, sep="\n  ")
    print("Not called, because an argument cannot be built:", *skipped, sep="\n  ")
    assert known <= set(calls)
    gc.disable()
    logging.disable(logging.CRITICAL)
    try:
        # What the functions store for the request, such as its ID, is not seen by the next test.
        return copy_context().run(_slow_ones, calls)
    finally:
        logging.disable(logging.NOTSET)
        gc.enable()


def _slow_ones(calls: dict[str, list[Call]]) -> dict[str, str]:
    return {path: problem for path, each in calls.items() if (problem := _slowness(each))}


def _slowness(calls: list[Call]) -> str:
    problems = (_problem(call, hostile) for call in calls for hostile in HOSTILE.values())
    return next(filter(None, problems), "")


def _problem(call: Call, hostile: Callable[[int], str]) -> str:
    """Take longer texts until the time is linear for one that takes some time, or not."""
    before = _seconds(call, hostile(LENGTHS[0]))
    for shorter, length in pairwise(LENGTHS):
        taken = _seconds(call, hostile(length))
        if (
            taken > FLOOR_SECONDS
            and taken > MOST_TIMES * before
            and _is_slower(call, hostile(shorter), hostile(length))
        ):
            return f"{hostile(6)!r}: {before:.4f} s for {shorter:,} characters, {taken:.4f} s for {length:,}"
        is_linear = taken > FLOOR_SECONDS or (taken > CLEAR_SECONDS and taken < LINEAR_TIMES * before)
        # In square time, the longest text would not reach the floor either.
        is_cheap = taken * (LENGTHS[-1] / length) ** 2 < FLOOR_SECONDS
        if is_linear or is_cheap:
            return ""
        before = taken
    return ""


def _is_slower(call: Call, shorter: str, longer: str) -> bool:
    """Measure twice, by the best of three calls each time: other programs use the processor, too."""
    for _ in range(2):
        before, taken = (min(_seconds(call, text) for _ in range(3)) for text in (shorter, longer))
        if taken <= max(MOST_TIMES * before, FLOOR_SECONDS):
            return False
    return True


def _seconds(call: Call, text: str) -> float:
    began = time.process_time()
    with suppress(Exception, SystemExit):
        call(text)
    return time.process_time() - began
