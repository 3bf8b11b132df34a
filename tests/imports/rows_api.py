"""The External API of tests.model_api for rows of two fields, with the faults that an import meets."""

from dataclasses import dataclass, field
from typing import Any

from pipelines_portal.api_client.errors import error_class
from pipelines_portal.api_client.transport import Answer
from tests import samples
from tests.model_api import ModelApi


@dataclass
class RowsApi(ModelApi):
    """`tasks` are (id, text of the row). Beside the faults of ModelApi: "large" (413) and "state" (422); none acts."""

    fields: list[dict[str, Any]] = field(default_factory=lambda: list(samples.TRANSLATION_FIELDS))
    no_action: tuple[str, ...] = ("refused", "busy", "lost", "large", "state")

    def _is_planned(self, method: str, path: str) -> bool:
        """Reads too: between what is read before a sending and the sending itself people do things."""
        return True

    def _act(self, method: str, parts: list[str], body: Any) -> Answer:
        if method == "GET" and parts[2:] == ["schema"]:
            return Answer(200, {"workflow_id": int(parts[1]), "fields": self.fields})
        return super()._act(method, parts, body)

    def _value(self, row: dict[str, Any]) -> str:
        return str(row["fields"]["input_text"])

    def _created(self, values: list[str]) -> dict[str, Any]:
        answer = super()._created(values)
        for entry in answer["errors"]:
            entry["field_name"] = "input_text"
        return answer

    def _fault(self, fault: str) -> Exception:
        if fault == "large":
            return error_class(413)(413, "payload_too_large", "Too large")
        if fault == "state":
            return error_class(422)(422, "validation_error", "Workflow is archived and takes no tasks.")
        return super()._fault(fault)
