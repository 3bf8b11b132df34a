"""No function of the External API takes more than linear time for a hostile text, which would stop all threads."""

import pytest

from pipelines_portal import external_api
from pipelines_portal.external_api.workflows.field_types import FIELD_TYPES
from tests.linear_time import Samples, find_slow

FIELDS = [
    {"name": kind, "title": kind, "type": kind, "options": ["a", "b"], "min": 1, "max": 5} for kind in FIELD_TYPES
]
BY_NAME = {"field": FIELDS, "known": FIELDS, "fields": [FIELDS]}
# Modules, functions and methods that are not called, and why.
WITHOUT = {
    "external_api.demo": "run by the administrator",
    "external_api.management": "run by the administrator",
    "external_api.migrations": "run by the administrator",
    "external_api.storage": "changes files; the names are the program's own",
    "external_api.wsgi": "starts the program",
}


@pytest.mark.full
def test_hostile_texts_take_linear_time() -> None:
    known = {"external_api.workflows.field_types._check_numeric"}
    assert not find_slow(external_api, Samples({}, BY_NAME), WITHOUT, known)
