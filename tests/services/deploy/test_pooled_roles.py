"""What the programs ask of a connection holds behind pgbouncer too, which cannot pass it on."""

import psycopg
import pytest

from pipelines_portal.shared.databases import ON_POSTGRESQL
from tests.services.deploy.machines import Machines

pytestmark = pytest.mark.full

VARIABLES = {"portal": "DATABASE_URL", "external_api": "EXTERNAL_API_DATABASE_URL"}


@pytest.mark.parametrize("role", VARIABLES)
def test_a_pooled_connection_has_what_a_plain_one_is_given(machines: Machines, role: str) -> None:
    pooled = machines.env[VARIABLES[role]].partition("?")[0]
    with psycopg.connect(pooled) as connection:
        told = {name: connection.execute(f"SHOW {name}").fetchone() for name in ON_POSTGRESQL}
    assert told == {name: (value.replace("\\", ""),) for name, value in ON_POSTGRESQL.items()}
