"""Forms that get their values back after an outdated token: only the portal's forms, and never sent without a click."""

import re
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.entry.lists.files import read_list_file, store_file
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.web.time_budget import TimeBudget
from pipelines_portal.workflows.models import OpenedWorkflow, ReferenceList
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.each_case import each_case
from tests.factories import open_workflow

OURS = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
FOREIGN = [
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://testserver", "Sec-Fetch-Site": "none"},
    {},
]


def strict_browser_of(person: User) -> Client:
    """Return a browser in which the person is signed in, and whose forms need their CSRF token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return client


def hidden_fields(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html))


def test_an_outdated_form_gets_its_values_back(person: User, static_root: None, saved_key: SavedKey) -> None:
    strict = strict_browser_of(person)
    workflows = f"/keys/{saved_key.pk}/workflows/"
    refused = strict.post(workflows, {"workflow": "4711"}, headers=OURS)
    html = refused.content.decode()
    assert refused.status_code == 403
    assert hidden_fields(html) | {"csrfmiddlewaretoken": ""} == {
        "csrfmiddlewaretoken": "", "restore": "1", "workflow": "4711",
    }  # fmt: skip
    assert "Your text is saved." in html
    assert "autofocus" not in html


def test_it_replaces_the_page_for_a_request_of_a_fragment(person: User, static_root: None, saved_key: SavedKey) -> None:
    """Else there were two pages, one within the other."""
    strict = strict_browser_of(person)
    workflows = f"/keys/{saved_key.pk}/workflows/"
    refused = strict.post(
        workflows, {"workflow": "4711"}, headers=OURS | {"HX-Request": "true", "HX-Target": "preview"}
    )
    assert refused.status_code == 403 and "<main" in refused.content.decode()
    assert (refused["HX-Retarget"], refused["HX-Push-Url"]) == ("body", "false")


@each_case("headers", FOREIGN)
def test_values_from_another_site_are_not_given_back(
    person: User, static_root: None, saved_key: SavedKey, headers: dict[str, str]
) -> None:
    strict = strict_browser_of(person)
    workflows = f"/keys/{saved_key.pk}/workflows/"
    html = strict.post(workflows, {"workflow": "typed elsewhere"}, headers=headers).content.decode()
    assert "typed elsewhere" not in html
    assert "<form method" not in html.split("<main", 1)[1]


@each_case("headers", [OURS, *FOREIGN])
def test_no_button_acts_for_another_site(
    person: User, static_root: None, saved_key: SavedKey, headers: dict[str, str]
) -> None:
    """Removing a key heeds no `restore`: its form is never offered again with a token that works."""
    strict = strict_browser_of(person)
    for address in (f"/keys/{saved_key.pk}/remove/", "/sign-out/", "/password/", "/keys/", "/sign-in/"):
        refused = strict.post(address, {"x": "1", "password": "secret", "key": "pk_live_x"}, headers=headers)
        html = refused.content.decode()
        assert refused.status_code == 403
        assert "<form method" not in html.split("<main", 1)[1]
        assert "pk_live_x" not in html and "secret" not in html
    assert SavedKey.objects.filter(pk=saved_key.pk).exists()


def views(resolver: URLResolver, path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pattern in resolver.url_patterns:
        here = path + str(pattern.pattern)
        found |= {here: pattern.callback} if isinstance(pattern, URLPattern) else views(pattern, here)
    return found


def test_every_view_that_restores_forms_checks_is_restoring(page: Client, saved_key: SavedKey) -> None:
    """The continued POST shows the form and changes nothing, with any values."""
    workflow = open_workflow(saved_key)
    given_back = [path for path, view in views(get_resolver()).items() if getattr(view, "restore_form", False)]
    assert given_back
    rule = WorkflowRule.objects.create(key=saved_key, workflow_id=42, kind="filled", field="input_text", position=1)
    customers = ReferenceList.objects.create(key=saved_key, name="Customers", columns=["Code"])
    file = store_file(
        saved_key, saved_key.owner, "customers.csv", read_list_file("customers.csv", b"Code\nA", TimeBudget()), None
    )
    group = ProblemGroup.objects.create(workflow=workflow, first_at=timezone.now(), last_at=timezone.now())
    ids = {
        "<int:group_id>": group.pk,
        "<int:rule_id>": rule.pk,
        "<int:list_id>": customers.pk,
        "<int:file_id>": file.pk,
    }
    values = {"restore": "1", "workflow": "43", "field-input_text": "Hello", "field-target_language": "French"}
    for path in given_back:
        address = "/" + path.replace("<int:key_id>", str(workflow.key_id)).replace("<int:workflow_id>", "42")
        for name, pk in ids.items():
            address = address.replace(name, str(pk))
        assert page.post(address, values).status_code in (200, 422)
    assert not Submission.objects.exists()
    assert OpenedWorkflow.objects.count() == WorkflowRule.objects.count() == ReferenceList.objects.count() == 1


def test_a_page_carries_at_most_64_kb(person: User, static_root: None, saved_key: SavedKey) -> None:
    strict = strict_browser_of(person)
    workflows = f"/keys/{saved_key.pk}/workflows/"
    fits = strict.post(workflows, {"workflow": '"' * 65_000}, headers=OURS)
    assert len(fits.content) < 6 * 65_536 + 20_000
    assert "&quot;&quot;" in fits.content.decode()
    for values in ({"workflow": '"' * 66_000}, {f"n{number}" * 8: "" for number in range(2000)}):
        refused = strict.post(workflows, values, headers=OURS)
        assert len(refused.content) < 20_000
        assert "<form method" not in refused.content.decode().split("<main", 1)[1]


def test_the_sign_in_page_carries_at_most_64_kb(
    client: Client, db: None, static_root: None, saved_key: SavedKey
) -> None:
    workflows = f"/keys/{saved_key.pk}/workflows/"
    form = {"username": "maria@acme.example", "password": "wrong", "typed:field-a": '"' * 80_000}
    assert len(client.post("/sign-in/", form).content) < 20_000
    asked = client.post(workflows, {"workflow": '"' * 80_000})
    assert asked.status_code == 401
    assert len(asked.content) < 20_000
    assert "your text was too long to keep" in asked.content.decode()


def test_a_large_form_of_somebody_signed_out_is_not_read(
    client: Client, static_root: None, saved_key: SavedKey
) -> None:
    refused = client.post(f"/keys/{saved_key.pk}/workflows/", {"workflow": '"' * 1_000_000})
    assert refused.status_code == 413
    assert "you’re signed out" in refused.content.decode()


def test_values_for_a_view_that_would_act_are_dropped(client: Client, person: User, saved_key: SavedKey) -> None:
    person.set_password("a long enough password")
    person.save()
    address = f"/keys/{saved_key.pk}/remove/"
    form = {"username": person.email, "password": "a long enough password", "next": address, "typed:x": "1"}
    assert client.post("/sign-in/", form)["Location"] == address
