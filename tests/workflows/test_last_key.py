"""Pages without a key show the workflows of the last used key."""

from typing import Any

from tests.factories import make_stranger, open_workflow, save_key

SECOND, STRANGERS = "pk_live_" + "b" * 40, "pk_live_" + "c" * 40


def test_the_key_of_the_last_page_is_the_last_used_key(page: Any, saved_key: Any, person: Any) -> None:
    second = save_key(person, SECOND, "Second")
    assert page.get("/submissions/").context["rail"]().key.pk == saved_key.pk
    page.get(f"/keys/{second.pk}/workflows/")
    assert page.get("/submissions/").context["rail"]().key.pk == second.pk


def test_a_key_that_the_person_may_not_use_changes_nothing(page: Any, saved_key: Any, person: Any) -> None:
    """The page of another person's key, or of a missing one, is a 404."""
    stranger = make_stranger()
    second = save_key(person, SECOND, "Second")
    theirs = save_key(stranger, STRANGERS)
    page.get(f"/keys/{second.pk}/workflows/")
    for key_id in (theirs.pk, 999_999):
        assert page.get(f"/keys/{key_id}/workflows/").status_code == 404
        assert page.session["last_key"] == second.pk


def test_a_page_that_refreshes_in_another_tab_does_not_change_the_last_key(
    page: Any, saved_key: Any, person: Any
) -> None:
    workflow = open_workflow(saved_key)
    second = save_key(person, SECOND, "Second")
    page.get(f"/keys/{second.pk}/workflows/")
    refresh = {"HX-Request": "true", "HX-Target": "task-page"}
    assert page.get(f"/keys/{workflow.key_id}/workflows/42/tasks/", headers=refresh).status_code == 200
    assert page.session["last_key"] == second.pk


def test_a_page_without_a_key_does_not_change_the_session(page: Any, saved_key: Any) -> None:
    page.get("/submissions/")
    assert "last_key" not in page.session
