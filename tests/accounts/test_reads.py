"""The session with its person, as SQL, against the plain queryset."""

from datetime import timedelta

import pytest
from django.forms.models import model_to_dict
from django.test import Client
from django.utils import timezone

from pipelines_portal.accounts.models import Session, User
from pipelines_portal.accounts.reads import read_session
from tests.factories import browser_of, make_person

pytestmark = pytest.mark.django_db


def test_it_reads_what_the_queryset_reads() -> None:
    person = make_person(name="Maria Rossi", time_zone="Europe/Rome", is_compact=True)
    User.objects.update(last_seen_at=timezone.now())
    key = browser_of(person).session.session_key or ""
    stored, plain = read_session(key), Session.objects.select_related("user").get(session_key=key)
    assert stored and stored.person and plain.user
    assert stored.data == plain.session_data
    assert stored.person == plain.user and not stored.person._state.adding
    names = [field.attname for field in User._meta.concrete_fields]
    assert [getattr(stored.person, name) for name in names] == [getattr(plain.user, name) for name in names]
    assert model_to_dict(stored.person) == model_to_dict(plain.user)


def test_an_anonymous_session_has_no_person() -> None:
    session = Client().session
    session["language"] = "en"
    session.save()
    stored = read_session(session.session_key or "")
    assert stored and stored.person is None


def test_an_expired_or_unknown_session_is_none() -> None:
    key = browser_of(make_person()).session.session_key or ""
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert read_session(key) is None
    assert read_session("unknown") is None
