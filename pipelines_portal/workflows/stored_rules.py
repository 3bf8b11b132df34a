"""The rules of a workflow, as they are stored for all who use the key."""

from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowRule
from pipelines_portal.workflows.rules.judge import Rule


def rules_for(workflow: OpenedWorkflow) -> list[Rule]:
    """Return those of the workflow of a page, which knows whether there are any."""
    return rules_of(workflow.key_id, workflow.workflow_id) if workflow.has_rules else []


def rules_of(key_id: int | None, workflow_id: int) -> list[Rule]:
    """Return the rules that are on, in their order, with the warnings that follow from them."""
    stored = WorkflowRule.objects.filter(key=key_id, workflow_id=workflow_id, is_on=True)
    stored = stored.select_related("reference_list")
    return [part for rule in stored for part in rule.as_rule().parts]
