"""A key that gets another owner."""

from typing import Any

import pytest

from pipelines_portal.accounts.models import Role
from pipelines_portal.audit.models import Event
from pipelines_portal.keys.models import KeyShare, SavedKey
from tests.factories import make_person, make_stranger, share_key


def test_the_new_owner_has_it_once_and_the_former_no_more(saved_key: Any, person: Any) -> None:
    stranger = make_stranger()
    share_key(saved_key, stranger)
    assert saved_key.transfer(stranger, person)
    assert list(SavedKey.objects.usable_by(stranger)) == [saved_key]
    assert not SavedKey.objects.usable_by(person).exists()
    assert not KeyShare.objects.exists()
    event = Event.objects.get(verb="key-handed-over")
    assert (event.actor_id, event.detail) == (person.pk, {"former_owner": person.email, "owner": stranger.email})


def test_whoever_comes_second_changes_nothing(saved_key: Any, person: Any) -> None:
    stranger = make_stranger()
    seen_before = SavedKey.objects.get(pk=saved_key.pk)
    saved_key.transfer(stranger, person)
    third = make_person("third@acme.example")
    assert not seen_before.transfer(third, person)
    assert SavedKey.objects.get().owner == stranger
    assert Event.objects.filter(verb="key-handed-over").count() == 1


@pytest.mark.parametrize("wrong", [{"role": Role.VIEWER}, {"is_active": False}])
def test_a_key_is_never_transferred_to_people_who_cannot_own_keys(saved_key: Any, person: Any, wrong: Any) -> None:
    other = make_person("other@acme.example", **wrong)
    with pytest.raises(ValueError, match="can own keys"):
        saved_key.transfer(other, person)
    assert SavedKey.objects.get().owner == person
