"""The first start on PostgreSQL, where transactions overlap."""

from tests.external_api.server import manage
from tests.services.external_api.conftest import RunServer
from tests.services.external_api.test_setup import set_up_at_once


def test_simultaneous_setups_make_one_first_person_on_postgresql(run_server: RunServer, postgres_url: str) -> None:
    manage("prepare", EXTERNAL_API_DATABASE_URL=postgres_url)
    with run_server(EXTERNAL_API_DATABASE_URL=postgres_url) as server:
        set_up_at_once(server, postgres_url)
