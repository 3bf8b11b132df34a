"""Encryption keys are rotated while an import waits: what equals what is known afterwards as before."""

from typing import Any

from cryptography.fernet import Fernet
from django.core.management import call_command

from pipelines_portal.imports.fixing import change_rows, set_aside, type_over
from pipelines_portal.imports.models import State

from .conftest import Checked, work
from .making import distinct, states


def test_rows_are_told_to_be_equal_under_the_new_key(checked: Checked, person: Any, settings: Any) -> None:
    of = checked(distinct(3))
    change_rows(of, person, "set {} aside", lambda: [3], set_aside)
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
    call_command("rotate_encryption", verbosity=0)
    work()
    settings.ENCRYPTION_KEYS = [new]
    assert states(of) == {2: "ready", 3: "aside", 4: "ready"}
    assert of.state == State.CHECKED
    change_rows(of, person, "changed {}", lambda: [4], lambda row, _: type_over(row, {"input_text": "Hello 0"}))
    assert states(of)[4] == "twice"
