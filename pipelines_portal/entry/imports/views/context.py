"""What all pages of an import have."""

from typing import Any

from pipelines_portal.entry.imports.access import may_use_key
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.workflows.models import OpenedWorkflow


def context_of(workflow: OpenedWorkflow, import_job: ImportJob) -> dict[str, Any]:
    return {
        "key": workflow.key,
        "workflow": workflow,
        "tab": "import",
        "import_job": import_job,
        "is_key_lost": not may_use_key(import_job),
    }
