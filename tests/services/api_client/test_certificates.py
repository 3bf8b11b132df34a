"""An API whose certificate is not valid: nothing is sent to it, and it is said in a sentence, until it is renewed."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pipelines_portal.api_client import CertificateRefused, PipelinesClient, RetryPolicy, Transport
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.web.error_sentences import explain
from tests.factories import open_workflow
from tests.pages import text_of
from tests.tls import Workflow, https_server, make_certificates

KEY = "pk_live_" + "5ec4e7" * 6 + "abcd"
ONCE = RetryPolicy(longest_wait=0, budget=0)


@pytest.mark.parametrize(
    ("days", "address", "reason"),
    [(-1, "127.0.0.1", "certificate has expired"), (9, "127.0.0.2", "IP address mismatch")],
)
def test_it_is_said_and_goes_on_when_it_is_renewed(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    address: str,
    reason: str,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    Workflow.met.clear()
    with https_server(make_certificates(tmp_path, days, address)) as port:
        caller = PipelinesClient(Transport(f"https://127.0.0.1:{port}/api/v1", timeout=5), KEY, ONCE)
        with pytest.raises(CertificateRefused, match=reason) as refused:
            caller.workflow(42)
    assert not refused.value.maybe_processed and Workflow.met == []
    words = explain(refused.value)
    assert (words.status, words.title, words.can_retry) == (503, "Pipelines’ certificate isn’t valid", True)
    assert "CertificateRefused" in caplog.text and reason in caplog.text and KEY not in caplog.text
    with https_server(make_certificates(tmp_path, 9)) as port:
        caller = PipelinesClient(Transport(f"https://127.0.0.1:{port}/api/v1", timeout=5), KEY, ONCE)
        assert caller.workflow(42).name == "French"


def test_the_page_says_so_and_keeps_what_was_typed(
    page: Any, saved_key: SavedKey, settings: Any, tmp_path: Path
) -> None:
    workflow = open_workflow(saved_key)
    place = f"/keys/{workflow.key_id}/workflows/42/tasks/"
    with https_server(make_certificates(tmp_path, -1)) as port:
        settings.PIPELINES_API_URL = f"https://127.0.0.1:{port}/api/v1"
        shown = page.get(place)
        typed = {"field-input_text": "Hello world", "field-target_language": "French", "token": str(uuid4())}
        refused = page.post(f"{place}new/", typed)
    for answer in (shown, refused):
        assert answer.status_code == 503
        assert "certificate isn’t valid" in text_of(answer)
    assert "Hello world" in text_of(refused)
