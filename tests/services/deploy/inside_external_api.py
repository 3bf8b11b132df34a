"""What the tests of many machines ask inside an External API: see tests.inside_external_api."""

from pipelines_portal.external_api.models import Task


def texts(workflow_id: int) -> list[str]:
    """What its tasks hold."""
    fields = Task._default_manager.filter(workflow_id=workflow_id).values_list("fields", flat=True)
    return [str(values["input_text"]) for values in fields]


def count(workflow_id: int) -> int:
    return Task._default_manager.filter(workflow_id=workflow_id).count()
