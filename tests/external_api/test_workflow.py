"""GET workflow."""

import pytest

from tests.external_api.factories import Tenant, make_tenant
from tests.external_api.server import Api

STATUSES = ["DRAFT", "PENDING_ACTIVATION", "ACTIVE", "PAUSED", "COMPLETED", "ARCHIVED"]


@pytest.mark.parametrize("status", STATUSES)
def test_name_and_status_are_readable_in_every_status(server: Api, tenant: Tenant, status: str) -> None:
    """S4, S88, S178: the response has three keys."""
    workflow = tenant.workflow(status=status)
    answer = server.get(f"/workflows/{workflow.pk}", key=tenant.key)
    assert answer.status_code == 200
    assert answer.json() == {"id": workflow.pk, "name": "French translations", "status": status}


def test_missing_and_foreign_workflows_look_the_same(server: Api, tenant: Tenant) -> None:
    """S20, S79, S179: a key is valid for the workflows of its organization only."""
    foreign = make_tenant().workflow()
    answers = [server.get(f"/workflows/{pk}", key=tenant.key) for pk in (foreign.pk, 999_999_999, 10**30, -1)]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.text for answer in answers} == {'{"error": "not_found", "message": "Workflow not found"}'}


@pytest.mark.parametrize(
    "path", ["/workflows/abc", "/workflows/4_2", "/workflows/4.0", "/workflows/%00", "/workflows/%D9%A3x"]
)
def test_an_id_that_is_no_integer_is_422(server: Api, tenant: Tenant, path: str) -> None:
    """S83: 422 validation_error."""
    answer = server.get(path, key=tenant.key)
    assert (answer.status_code, answer.json()["error"]) == (422, "validation_error")
    assert answer.json()["message"].startswith("path.workflow_id: ")
