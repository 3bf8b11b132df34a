"""The sweep once more, as a command in a process of its own, with real workers, on both storages."""

import pytest

from tests.external_api.test_worker_sweep import *  # noqa: F403 the same tests once more

pytestmark = pytest.mark.full
