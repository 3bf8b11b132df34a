"""Read from an OpenAPI document what an API offers beyond the reference. Nonsense in it declares nothing."""

import re
from typing import Any

MOST_PATHS = 10_000


def declares_header(document: Any, method: str, path: re.Pattern[str], header: str) -> bool:
    """Return whether the document declares a request header for `method` on a path that `path` matches."""
    for written, operations in list(_mapping(_mapping(document).get("paths")).items())[:MOST_PATHS]:
        if isinstance(written, str) and path.fullmatch(written):
            operation = _mapping(_mapping(operations).get(method))
            declared = [*_list(_mapping(operations).get("parameters")), *_list(operation.get("parameters"))]
            if any(_is_header(_resolved(document, parameter), header) for parameter in declared):
                return True
    return False


def _is_header(parameter: dict[str, Any], header: str) -> bool:
    return parameter.get("in") == "header" and str(parameter.get("name")).lower() == header.lower()


def _resolved(document: Any, parameter: Any) -> dict[str, Any]:
    """Return a parameter, or the one in `components` that it refers to."""
    found = _mapping(parameter)
    shared = re.fullmatch(r"#/components/parameters/([^/]+)", str(found.get("$ref", "")))
    if shared is None:
        return found
    parameters = _mapping(_mapping(_mapping(document).get("components")).get("parameters"))
    return _mapping(parameters.get(shared[1]))


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
