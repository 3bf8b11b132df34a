"""What no database can be asked about is refused before one is."""

import pytest
from django.db import DataError
from django.test import Client

from pipelines_portal.accounts.views import account
from tests.each_case import each_case
from tests.people.cast import Cast


@each_case(
    "address",
    ["/people/?q=%00", "/people/?q=a&page=%00", "/submissions/?before=%00", "/people/invite/?email=%2500&made=%00"],
)
def test_nul_in_a_query_is_a_400(cast: Cast, address: str) -> None:
    refused = cast.client("administrator").get(address)
    assert refused.status_code == 400
    assert "couldn’t read what your browser sent" in refused.content.decode()
    assert cast.client("administrator").get(address.replace("%00", "x")).status_code == 200


def test_a_lead_searches_for_nul(cast: Cast) -> None:
    assert cast.client("lead").get(f"/people/teams/{cast.team.pk}/?add=%00").status_code == 400
    assert Client().get("/sign-in/?next=%00").status_code == 400


def test_nul_refused_by_the_database_is_a_400(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object) -> None:
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")

    monkeypatch.setattr(account, "set_preference", refuse)
    answer = cast.client("lead").post("/account/preference/", {"name": "theme", "value": "\0"})
    assert answer.status_code == 400 and "couldn’t read what your browser sent" in answer.content.decode()
    with pytest.raises(DataError):
        cast.client("lead").post("/account/preference/", {"name": "theme", "value": "dark"})
