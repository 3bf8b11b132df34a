"""Without PostgreSQL the look at migrations is not collected; a run that must have it sets TEST_SERVICES_REQUIRED."""

import os

from tests.external_api.services.urls import SERVICES

collect_ignore = [] if SERVICES or os.environ.get("TEST_SERVICES_REQUIRED") else ["test_migrations.py"]
