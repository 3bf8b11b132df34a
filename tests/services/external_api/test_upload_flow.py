"""The ZIP flow over HTTP, with a real worker, on both storages."""

import pytest

from tests import archives
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.services.external_api.workers import ServedStack


@pytest.mark.parametrize("stack", ["embedded", "s3"], indirect=True)
def test_an_archive_becomes_tasks(stack: ServedStack, tenant: Tenant) -> None:
    """S9, S10, S11, S157, S165, S167: the files of the tasks stay stored, and the archive is deleted."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    with stack.worker():
        state = stack.process(tenant, workflow, archives.flat_files())
        assert (state["status"], state["success_count"], state["errors"]) == ("completed", 3, [])
        stored = sorted(stack.objects_in_the_end(state))
    assert stored == [f"files/{state['upload_id']}/{row}" for row in range(3)]
