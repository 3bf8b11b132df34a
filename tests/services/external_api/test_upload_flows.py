"""The upload tests of tests/external_api once more: over HTTP, with a real worker, on both storages."""

import pytest

from tests import archives
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.test_upload_flow import *  # noqa: F403 the same tests once more
from tests.services.external_api.workers import ServedStack

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("worker")]


def test_five_thousand_files_become_tasks(stack: ServedStack, tenant: Tenant) -> None:
    """S150: as many as are allowed."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    state = stack.process(tenant, workflow, archives.five_thousand_files())
    assert (state["status"], state["success_count"], len(set(state["task_ids"]))) == ("completed", 5000, 5000)
