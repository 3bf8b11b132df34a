"""The statuses that a route can answer, for the OpenAPI document."""

from typing import Any

from pydantic import BaseModel

from pipelines_portal.external_api.http.schemas import Error, RateLimitError

Responses = dict[int, type[BaseModel]]


def open_to_all(model: type[BaseModel]) -> Responses:
    """Return the responses of a route that needs no key."""
    return {200: model, 429: RateLimitError, **dict.fromkeys((405, 408, 413, 500, 503), Error)}


def reading(model: type[BaseModel], *errors: int) -> dict[int, Any]:
    """Return the responses of a route that answers 200, or 404 for objects of another organization."""
    return open_to_all(model) | dict.fromkeys((401, 404, 422, *errors), Error)


def listing(model: type[BaseModel]) -> dict[int, Any]:
    return reading(model, 400)


def accepting(model: type[BaseModel], *errors: int) -> dict[int, Any]:
    """Return the responses of a route that answers 202 and continues in the background."""
    answers = reading(model, *errors)
    return {202: answers.pop(200)} | answers
