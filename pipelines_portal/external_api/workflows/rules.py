"""The rules of a workflow, for the file of organizations and for the page."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pipelines_portal.external_api.models import NodeStatus, Workflow
from pipelines_portal.external_api.workflows.field_types import FIELD_TYPES, field_type

NAME_LENGTH = 200
MOST_OPTIONS = 1_000


def _one_line(text: str) -> str:
    """Refuse line breaks: the page has a line for each option and step, and inputs of one line for the rest."""
    if text and text.splitlines() != [text]:
        raise PydanticCustomError("line_break", "write it on one line")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH), AfterValidator(_one_line)]


class Part(BaseModel):
    """A part of a file or form. An unknown key is an error."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class FieldPart(Part):
    name: Name
    title: Name
    type: Name
    required: bool = True
    options: Annotated[list[Name], Field(max_length=MOST_OPTIONS)] | None = None
    min: int | float | None = None
    max: int | float | None = None
    help: Line | None = None

    @field_validator("type")
    @classmethod
    def _type_is_known(cls, name: str) -> str:
        """Refuse an unknown type, whose values nothing would check."""
        if name not in FIELD_TYPES:
            raise PydanticCustomError("field_type", "use one of {types}", {"types": ", ".join(FIELD_TYPES)})
        return name

    @model_validator(mode="after")
    def _options_are_there(self) -> "FieldPart":
        if field_type(self.type).has_options and not self.options:
            raise PydanticCustomError("options", "a {type} field needs options", {"type": self.type})
        return self

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> "FieldPart":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError("range", "min is more than max")
        return self


class NodePart(Part):
    name: Name
    status: NodeStatus


class WorkflowContent(Part):
    """A workflow without its ID."""

    name: Name
    status: Workflow.Status
    nodes: list[NodePart] = []
    fields: list[FieldPart] = []

    @model_validator(mode="after")
    def _field_names_differ(self) -> "WorkflowContent":
        names = [field.name for field in self.fields]
        if len(names) != len(set(names)):
            raise PydanticCustomError("same_name", "two fields have the same name")
        return self

    def write_to(self, workflow: Workflow) -> None:
        """Set the values of `workflow`, which is not saved."""
        workflow.name, workflow.status = self.name, self.status
        workflow.nodes = [node.model_dump() for node in self.nodes]
        workflow.fields = [field.model_dump(exclude_none=True) for field in self.fields]
