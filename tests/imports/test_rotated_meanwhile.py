"""Keys are rotated between two steps of what a program does to an import. What it had read before is under the older
key, and what it then writes is found and opened without that.
"""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from pipelines_portal.imports import checking, fixing, twins
from pipelines_portal.imports.fixing import change_rows, set_aside, type_over, undo
from pipelines_portal.imports.models import Import, ImportRow, State
from pipelines_portal.submissions import rotating
from pipelines_portal.submissions.digest_keys import DigestKey, fingerprint

from .conftest import Checked, work
from .making import distinct, states
from .test_rotation import SENT_BY_A_FORM, begin, send_form

pytestmark = pytest.mark.full

NEW = Fernet.generate_key().decode()
Before = Callable[[object, str, Callable[[], None]], None]


@pytest.fixture
def once_before(monkeypatch: pytest.MonkeyPatch) -> Before:
    """`once_before(module, name, do)`: do it when this function of the module is called first."""

    def put(module: object, name: str, do: Callable[[], None]) -> None:
        asked = getattr(module, name)

        def after(*given: Any, **more: Any) -> Any:
            monkeypatch.setattr(module, name, asked)
            do()
            return asked(*given, **more)

        monkeypatch.setattr(module, name, after)

    return put


def rotate() -> None:
    call_command("rotate_encryption", verbosity=0)


def check_again(of: Import) -> None:
    Import.objects.filter(pk=of.pk).update(state=State.CHECKING)
    work()


def test_a_check_amid_which_all_is_rotated_keeps_what_went_out_and_what_was_typed(
    checked: Checked, person: Any, settings: Any, once_before: Before
) -> None:
    """The row that was sent keeps its equal back, also when the older key is gone."""
    of = checked([*distinct(2), *distinct(1), ["Not yet", "French"]])
    change_rows(of, person, "changed {}", lambda: [5], lambda row, _: type_over(row, {"input_text": "Typed"}))
    change_rows(of, person, "set {} aside", lambda: [5], set_aside)
    begin(of, person)
    work()
    assert states(of) == {2: "created", 3: "created", 4: "twice", 5: "aside"}
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    once_before(checking, "insert_rows", rotate)
    check_again(of)
    settings.ENCRYPTION_KEYS = [NEW]
    check_again(of)
    assert states(of) == {2: "created", 3: "created", 4: "twice", 5: "aside"}
    assert ImportRow.objects.get(of=of, number=5).typed() == {"input_text": "Typed"}


def test_rows_that_a_person_changes_amid_it_stay_open(
    checked: Checked, person: Any, settings: Any, once_before: Before
) -> None:
    of = checked(distinct(2))
    change_rows(of, person, "changed {}", lambda: [3], lambda row, _: type_over(row, {"input_text": "Typed"}))
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    once_before(fixing, "_held", rotate)
    change_rows(of, person, "set {} aside", lambda: [3], set_aside)
    settings.ENCRYPTION_KEYS = [NEW]
    assert ImportRow.objects.get(of=of, number=3).typed() == {"input_text": "Typed"}
    assert undo(of, 2)
    assert states(of) == {2: "ready", 3: "ready"}


@pytest.mark.parametrize(("module", "name"), [(fixing, "_held"), (checking, "counted")])
def test_who_writes_digests_under_the_older_key_amid_it_is_told_of(
    checked: Checked, person: Any, settings: Any, once_before: Before, module: object, name: str
) -> None:
    """They were made before, and are written when all others are renewed."""
    of, old = checked(distinct(2)), settings.ENCRYPTION_KEYS

    def rotate_elsewhere() -> None:
        settings.ENCRYPTION_KEYS = [NEW, *old]
        rotate()
        settings.ENCRYPTION_KEYS = [*old, NEW]

    settings.ENCRYPTION_KEYS = [*old, NEW]
    once_before(module, name, rotate_elsewhere)
    if module is fixing:
        change_rows(of, person, "set {} aside", lambda: [3], set_aside)
    else:
        check_again(of)
    assert DigestKey.objects.filter(pk=fingerprint(old[0]), is_in_use=True).exists()


def test_a_key_that_comes_up_while_rows_are_compared_is_missed(
    page: Any, checked: Checked, person: Any, settings: Any, once_before: Before
) -> None:
    of, old = checked(distinct(2)), settings.ENCRYPTION_KEYS

    def send_elsewhere() -> None:
        settings.ENCRYPTION_KEYS = [NEW, *old]
        send_form(page, of, SENT_BY_A_FORM)
        settings.ENCRYPTION_KEYS = old

    begin(of, person)
    once_before(twins, "_sent", send_elsewhere)
    work()
    assert states(of) == {2: "ready", 3: "ready"}


def test_two_that_rotate_in_opposite_directions_forget_no_key(
    checked: Checked, person: Any, settings: Any, once_before: Before
) -> None:
    """One was begun on a machine that still has the older key in front."""
    of, old = checked(distinct(2)), settings.ENCRYPTION_KEYS
    begin(of, person)
    work()

    def rotate_back() -> None:
        settings.ENCRYPTION_KEYS = [*old, NEW]
        rotate()
        settings.ENCRYPTION_KEYS = [NEW, *old]

    settings.ENCRYPTION_KEYS = [NEW, *old]
    once_before(rotating, "digest_of", rotate_back)
    with pytest.raises(CommandError, match="still writes with an older key"):
        rotate()
    assert set(DigestKey.objects.values_list("pk", flat=True)) == {fingerprint(NEW), *map(fingerprint, old)}


def test_a_rotation_that_lacks_a_key_says_what_imports_wait_for(page: Any, checked: Checked, capsys: Any) -> None:
    """Also where nothing is left that only this key opened: its word is on the list."""
    of = checked(distinct(1))
    send_form(page, of, SENT_BY_A_FORM)
    rotate()
    assert "imports wait" not in capsys.readouterr().out
    DigestKey.objects.create(pk="of another")
    rotate()
    assert "imports wait for it" in capsys.readouterr().out
    call_command("rotate_encryption", "--lost", verbosity=0)
    assert "imports wait" not in capsys.readouterr().out
