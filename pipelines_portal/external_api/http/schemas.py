"""Bodies and parameters that several endpoints share."""

from typing import Annotated, Any, Literal

from ninja import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError


def plain_integer(value: Any) -> Any:
    """Accept digits only: pydantic alone would also accept " 7", "7.0" and "1_000"."""
    if isinstance(value, str) and not value.removeprefix("-").isdecimal():
        raise PydanticCustomError("int_parsing", "Input should be a valid integer")
    return value


PlainInteger = Annotated[int, BeforeValidator(plain_integer)]
PathId = Annotated[int, BeforeValidator(plain_integer), WithJsonSchema({"type": "integer", "example": 42}), Path()]


class Body(BaseModel):
    """A body of a response, with exactly these keys."""

    model_config = ConfigDict(extra="forbid")


class Health(Body):
    status: Literal["ok"]


ErrorCode = Literal[
    "missing_api_key",
    "invalid_api_key",
    "invalid_request",
    "unauthorized",
    "forbidden",
    "not_found",
    "idempotency_key_in_use",
    "idempotency_key_reused",
    "payload_too_large",
    "validation_error",
    "rate_limit_exceeded",
    "internal_server_error",
    "service_unavailable",
    "api_error",
]


class Error(Body):
    error: ErrorCode
    message: str


class RateLimitError(Error):
    retry_after: int = Field(ge=1, description="Seconds to wait, as in the Retry-After header.")
