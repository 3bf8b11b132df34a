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
# IDs and sizes can be larger than 32 bits: without the format, clients in Go and Java would be generated with those.
Int64 = Annotated[int, Field(json_schema_extra={"format": "int64"})]
ID_SCHEMA = {"type": "integer", "format": "int64", "example": 42}
PathId = Annotated[int, BeforeValidator(plain_integer), WithJsonSchema(ID_SCHEMA), Path()]


class Body(BaseModel):
    """A body of a response, with exactly these keys. Clients must accept more, which later versions add."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"additionalProperties": True})


def _leave_out_more(schema: dict[str, Any]) -> None:
    """The document does not ask for keys that nobody reads."""
    schema.pop("additionalProperties", None)


class SentBody(BaseModel):
    """A body of a request, or a part of it. Keys that it does not know are kept to be named: see `http/ignored.py`."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_leave_out_more)


class Health(Body):
    status: Literal["ok"]


class Error(Body):
    # No enum: from one, generated clients refuse an answer with a value that they do not know.
    error: str = Field(description="A word for programs, as the page of errors says.", examples=["validation_error"])
    message: str = Field(description="A sentence for people.")
    # A default in the document would be filled in by generated clients.
    reason: str = Field(
        default_factory=str,
        description="Tells errors of one status apart, and is left out where there is nothing to tell apart.",
        examples=["idempotency_key_reused"],
    )


class RateLimitError(Error):
    retry_after: int = Field(ge=1, description="Seconds to wait, as in the Retry-After header.")
