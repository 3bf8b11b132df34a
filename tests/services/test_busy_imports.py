"""Others write to the database while an import is worked on."""

from pathlib import Path

from tests.live import ExternalApi, portal


def test_a_check_goes_through_whatever_others_write_meanwhile(tmp_path: Path, api: ExternalApi, org_key: str) -> None:
    with portal(tmp_path / "portal", api.url) as running:
        running.run("make_person_with_key", email="m@acme.example", password="x" * 12, key=org_key, workflow_id=42)
        assert running.run("check_while_others_write", of="tests.entry.imports.inside_portal", rows=4_000) == "checked"
