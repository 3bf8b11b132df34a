"""The OpenAPI document: ninja derives it from the routes; examples and headers are added here."""

from functools import cached_property
from typing import Any

from ninja import NinjaAPI, Router
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from pipelines_portal.external_api.openapi.examples import BODIES, ERRORS, KEY_ERRORS, MORE, TOO_MANY_UPLOADS
from pipelines_portal.external_api.tasks.schemas import TaskQuery

JSON = "application/json"
SCHEMAS = "#/components/schemas/"
HEADERS = {
    503: {
        "Retry-After": {"description": "Seconds to wait, if known.", "schema": {"type": "integer", "minimum": 1}},
    },
    401: {"WWW-Authenticate": {"description": "Always Bearer.", "schema": {"type": "string"}}},
    429: {
        "Retry-After": {
            "description": "Seconds to wait, as in the body.",
            "required": True,
            "schema": {"type": "integer", "minimum": 1},
        }
    },
}

COMMON_HEADERS = {
    "X-Request-Id": {
        "description": "The request's name in the server's log: yours, or a new one.",
        "schema": {"type": "string"},
    },
    **{
        f"RateLimit-{name}": {"description": f"{words} Only for requests with a key.", "schema": {"type": "integer"}}
        for name, words in (
            ("Limit", "How many requests the key may send in the period."),
            ("Remaining", "How many of them are left."),
            ("Reset", "Seconds until one more is free."),
        )
    },
}

IDEMPOTENT = {"create_tasks", "start_upload", "confirm_upload"}
# Without an example: the page of documents would send it with every request that somebody tries.
KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Your name for this request. Repeated with the same key and body within 7 days, it gets the stored "
    "answer and creates nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
KEY_HEADERS = {
    "Idempotency-Key": {"description": "As in the request, if it had one.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "Only on an answer to an earlier request with this key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
IN_USE_HEADERS = {
    "Retry-After": {
        "description": "Seconds to wait if the first request with the key is still running.",
        "schema": {"type": "integer", "minimum": 1},
    }
}


class DocumentedApi(NinjaAPI):
    """A NinjaAPI with the complete document, built once. URLs have the names of their operations."""

    def get_operation_url_name(self, operation: Operation, router: Router) -> str:
        return operation.operation_id or super().get_operation_url_name(operation, router)

    def get_openapi_schema(self, *, path_prefix: Any = None, path_params: Any = None) -> OpenAPISchema:
        return self._document

    @cached_property
    def _document(self) -> OpenAPISchema:
        document = super().get_openapi_schema(path_prefix=self.get_root_path({}))
        document["servers"] = [{"url": "/"}]
        # Its fields are already listed as parameters.
        del document["components"]["schemas"][TaskQuery.__name__]
        for methods in document["paths"].values():
            for operation in methods.values():
                _complete(operation)
        return document


def _complete(operation: dict[str, Any]) -> None:
    name = operation["operationId"]
    operation["responses"] = {
        str(status): _with_examples(status, answer, takes_key=name in IDEMPOTENT)
        for status, answer in sorted(operation["responses"].items())
    }
    if name == "start_upload":
        examples = operation["responses"]["429"]["content"][JSON]["examples"]
        examples["too many uploads are open"] = {"value": TOO_MANY_UPLOADS}
    if "requestBody" in operation:
        content = operation["requestBody"]["content"][JSON]
        # A body that may be left out: from a schema that may be null, generators make clients that cannot.
        content["schema"] = {"$ref": f"{SCHEMAS}{_schema_name(content['schema'])}"}
        content["examples"] = {"typical": {"value": BODIES[_schema_name(content["schema"])]}}
    for answer in operation["responses"].values():
        answer["headers"] = answer.get("headers", {}) | COMMON_HEADERS
    if name in IDEMPOTENT:
        operation["parameters"].append(KEY_PARAMETER)
        operation["responses"]["200" if "200" in operation["responses"] else "202"]["headers"] |= KEY_HEADERS
        operation["responses"]["409"]["headers"] |= IN_USE_HEADERS


def _with_examples(status: int, answer: dict[str, Any], *, takes_key: bool) -> dict[str, Any]:
    content = answer["content"][JSON]
    name = _schema_name(content["schema"])
    examples = ERRORS[status] if status in ERRORS else {"typical": BODIES[name], **MORE.get(name, {})}
    examples = examples | (KEY_ERRORS.get(status, {}) if takes_key else {})
    content["examples"] = {name: {"value": value} for name, value in examples.items()}
    return answer | ({"headers": HEADERS[status]} if status in HEADERS else {})


def _schema_name(schema: dict[str, Any]) -> str:
    """Return the name that a schema refers to, also if it may be null."""
    reference = schema.get("$ref") or next(part["$ref"] for part in schema["anyOf"] if "$ref" in part)
    return str(reference).rsplit("/", 1)[-1]
