"""The demo's ledger: sent as the two people through the API, once."""

import io
from typing import Any

import pytest
from django.core.management import call_command

from pipelines_portal.submissions.models import Submission
from tests.conftest import TRANSLATIONS


def test_both_people_have_sent_and_nothing_twice(
    db: None, before_api: Any, org_key: str, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(org_key))
    call_command("load_demo", "--key-name", "Acme", "--workflows", str(TRANSLATIONS))
    for _ in range(2):
        call_command("send_demo_tasks")
    sent = Submission.objects.order_by("id").values_list("owner__email", "status")
    assert len(sent) == 6 and {email for email, _ in sent} == {"demo@example.com", "operator@example.com"}
    assert sorted(status for _, status in sent) == ["created"] * 5 + ["rejected"]


def test_without_the_demo_it_does_nothing(db: None) -> None:
    call_command("send_demo_tasks")
    assert not Submission.objects.exists()
