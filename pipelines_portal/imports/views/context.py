"""What all pages of an import have."""

from typing import Any

from pipelines_portal.workflows.models import OpenedWorkflow

from ..access import may_use_key
from ..models import Import


def context_of(workflow: OpenedWorkflow, of: Import) -> dict[str, Any]:
    return {
        "key": workflow.key,
        "workflow": workflow,
        "tab": "import",
        "import": of,
        "is_key_lost": not may_use_key(of),
    }
