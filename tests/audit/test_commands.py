"""What commands change is written down as what people do."""

from typing import Any

import pytest
from django.core.management import call_command

from tests.people.cast import events


def test_createsuperuser_leaves_an_event(db: None) -> None:
    call_command("createsuperuser", interactive=False, email="first@acme.example", verbosity=0)
    assert events() == [("", "person-made", "first@acme.example")]


def test_rotating_leaves_an_event_without_a_key_in_it(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    from pipelines_portal.audit.models import Event

    call_command("rotate_encryption")
    event: Any = Event.objects.get()
    assert (event.verb, event.target_label, event.who) == ("setting-changed", "ENCRYPTION_KEYS", "A command")
    assert event.facts == ["values: 0 re-encrypted, 0 up to date, 0 changed meanwhile, 0 cannot be opened"]
