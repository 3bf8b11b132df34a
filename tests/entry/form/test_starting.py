"""What a form starts from: an earlier task, a link, a preset, what stays."""

import re
from typing import Any
from uuid import uuid4

from pipelines_portal.entry.models.form import Preset, TypedDraft
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from tests.conftest import EVERY_TYPE
from tests.factories import make_colleague, make_team, open_workflow, share_key
from tests.fake_api import FakeApi

from .test_drafts import typed_text
from .test_new import GOOD, address, newest


def share(workflow: Any, colleague: Any) -> None:
    share_key(workflow.key, make_team(colleague))


def test_a_task_is_duplicated(page: Any, saved_key: SavedKey, api: FakeApi, org_key: str) -> None:
    """A task is repeated from its page or its submission, which show the titles, by those who see its values."""
    workflow = open_workflow(saved_key)
    page.get(address(workflow))
    page.post(address(workflow), GOOD | {"token": uuid4()})
    made, sent = newest(api, org_key)["id"], Submission.objects.get()
    shown = page.get(f"/keys/{workflow.key_id}/workflows/42/tasks/{made}/").content.decode()
    assert f"{address(workflow)}?task={made}" in shown
    assert '<dt title="input_text">Text to translate</dt>' in shown
    shown = page.get(f"/submissions/{sent.pk}/").content.decode()
    assert f"{address(workflow)}?again={sent.pk}" in shown
    assert '<dt title="input_text"><bdi>Text to translate</bdi>' in shown
    html = page.get(f"{address(workflow)}?task={made}").content.decode()
    assert typed_text(html) == "Hello world"
    assert re.search(r'value="French"[^>]*checked', html)
    colleague = make_colleague()
    share(workflow, colleague)
    page.force_login(colleague)
    html = page.get(f"{address(workflow)}?task={made}").content.decode()
    assert "you can’t see them" in html and "Hello world" not in html


def test_a_link_fills_the_form_and_sends_nothing(page: Any, saved_key: SavedKey, api: FakeApi, org_key: str) -> None:
    workflow, before = open_workflow(saved_key), newest(api, org_key)["id"]
    html = page.get(f"{address(workflow)}?f.input_text=Bon%20jour&f.target_language=German").content.decode()
    assert typed_text(html) == "Bon jour"
    assert re.search(r'value="German"[^>]*checked', html)
    assert newest(api, org_key)["id"] == before
    assert not Submission.objects.exists()


def test_what_cannot_be_filled_in_is_told(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    for asked, words in (
        ("f.target_language=Klingon", "“Klingon” isn’t an option"),
        ("f.%3Cb%3E=x", "Unknown field “&lt;b&gt;” in the link."),
        ("task=1", "The form is empty."),
        ("preset=99999", "Preset not found"),
        ("task=x", "The form is empty."),
    ):
        shown = page.get(f"{address(workflow)}?{asked}")
        assert shown.status_code == 200 and words in shown.content.decode()
    page.cookies["zone"] = "Europe/Vienna"
    workflow = open_workflow(saved_key, EVERY_TYPE)
    for text in ("2026-11-24T09:30:00Z", "2026-11-24T10:30"):
        assert 'value="2026-11-24 10:30"' in page.get(f"{address(workflow)}?f.due={text}").content.decode()


def preset(page: Any, workflow: Any, name: str = "Rush", **more: Any) -> Any:
    return page.post(f"{address(workflow)}presets/", GOOD | {"token": uuid4(), "preset": name} | more, follow=True)


def test_a_preset_is_saved_offered_and_used(page: Any, saved_key: SavedKey, api: FakeApi, org_key: str) -> None:
    """What was typed stays as a draft when the person leaves the page. A preset with the same name is replaced."""
    workflow, before = open_workflow(saved_key), newest(api, org_key)["id"]
    html = preset(page, workflow).content.decode()
    assert "Preset “Rush” saved" in html
    assert typed_text(html) == "Hello world"
    assert str(GOOD["field-input_text"]) in str(TypedDraft.objects.get().typed)
    made = Preset.objects.get()
    assert f"presets/{made.pk}/apply/" in page.get(address(workflow)).content.decode()
    assert newest(api, org_key)["id"] == before
    assert "Hello" not in f"{made!r}"
    assert "Preset “Rush” replaced" in preset(page, workflow, **{"field-input_text": ""}).content.decode()
    assert Preset.objects.get().fields == {"target_language": "French"}, "it need not be whole"
    preset(page, workflow, preset_pinned="on", keep="input_text")
    assert Preset.objects.get().fields == {"input_text": "Hello world"}, "of pinned fields"


def test_a_preset_replaces_the_values_of_its_fields_only(page: Any, saved_key: SavedKey, person: Any) -> None:
    workflow = open_workflow(saved_key)
    made = Preset.objects.create(
        name="Rush", key=workflow.key, workflow_id=workflow.workflow_id, author=person,
        fields={"target_language": "German"},
    )  # fmt: skip
    apply = f"{address(workflow)}presets/{made.pk}/apply/"
    html = page.post(apply, GOOD | {"token": uuid4()}).content.decode()
    assert typed_text(html) == "Hello world"
    assert re.search(r'value="German"[^>]*checked', html)
    assert page.get(apply)["Location"].endswith(f"?preset={made.pk}")
    assert not Submission.objects.exists()


def test_a_preset_that_cannot_be_saved(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    for name, more, words in (
        ("", {}, "Enter a name."),
        (" ", {}, "Enter a name."),
        ("a\0b", {}, "Remove invisible characters."),
        ("x" * 101, {}, "Enter at most 100 characters."),
        ("Bad", {"field-target_language": "Klingon"}, "Preset not saved"),
        ("None", {"field-input_text": "", "field-target_language": ""}, "Fill in at least one field"),
    ):
        refused = preset(page, workflow, name, **more)
        html = refused.content.decode()
        assert refused.status_code == 422 and words in html and not Preset.objects.exists()
        assert "Hello world" in html or name == "None"


def test_two_presets_are_not_called_the_same(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    preset(page, workflow, "One")
    preset(page, workflow, "Two")
    renamed = f"{address(workflow)}presets/{Preset.objects.get(name='Two').pk}/"
    for name, words in (
        (" ", "Enter a name."),
        ("a\0b", "Remove invisible characters."),
        ("One", "You already have a preset with this name"),
    ):
        refused = page.post(renamed, {"name": name})
        assert refused.status_code == 422 and words in refused.content.decode()
    preset(page, workflow, "One")
    assert sorted(Preset.objects.values_list("name", flat=True)) == ["One", "Two"]


def test_shared_ones_are_for_all_who_use_the_key_and_others_are_not(page: Any, saved_key: SavedKey) -> None:
    colleague = make_colleague()
    workflow = open_workflow(saved_key)
    preset(page, workflow, "Mine alone")
    preset(page, workflow, "For us", preset_shared="1")
    mine, shared = Preset.objects.order_by("is_shared")
    share(workflow, colleague)
    page.force_login(colleague)
    html = page.get(address(workflow)).content.decode()
    assert "For us" in html
    assert "Mine alone" not in html
    assert "Hello world" not in page.get(f"{address(workflow)}?preset={mine.pk}").content.decode()
    assert page.post(f"{address(workflow)}presets/{shared.pk}/delete/").status_code == 404
    assert page.post(f"{address(workflow)}presets/{mine.pk}/delete/").status_code == 404
    preset(page, workflow, "Of Ben", preset_shared="1")
    page.force_login(workflow.key.owner)
    of_ben = Preset.objects.get(name="Of Ben")
    renamed = page.post(f"{address(workflow)}presets/{of_ben.pk}/", {"name": "Of all"}, follow=True)
    assert "renamed to “Of all”" in renamed.content.decode()
    page.post(f"{address(workflow)}presets/{of_ben.pk}/delete/")
    assert not Preset.objects.filter(pk=of_ben.pk).exists()


def test_what_is_marked_comes_back_with_a_draft_and_a_preset(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    marks = {"keeps": "1", "keep": ["input_text"]}
    preset(page, workflow, **marks)
    kept = r'name="keep" value="{}" checked'
    assert re.search(kept.format("input_text"), page.get(address(workflow)).content.decode())
    page.post(f"{address(workflow)}draft/", GOOD | {"token": uuid4(), "keeps": "1", "keep": ["notes"]})
    html = page.get(address(workflow)).content.decode()
    assert re.search(kept.format("notes"), html)
    assert not re.search(kept.format("input_text"), html)


def test_what_an_earlier_beginning_holds_and_the_form_has_no_place_for_is_told(
    page: Any, saved_key: SavedKey, person: Any
) -> None:
    """The workflow's fields changed since."""
    workflow = open_workflow(saved_key)
    fields = {"input_text": "Hello", "target_language": "Latin", "tone": "<b>Formal</b>"}
    preset = Preset.objects.create(key=workflow.key, workflow_id=42, author=person, name="Old", fields=fields)
    earlier = Submission.objects.draft(person, workflow, [fields], uuid4(), "form")
    for start in (f"preset={preset.pk}", f"again={earlier.pk}"):
        html = page.get(f"{address(workflow)}?{start}").content.decode()
        assert typed_text(html) == "Hello"
        assert "“Latin” isn’t an option." in html
        assert "“tone” is no longer a field. Its value was “&lt;b&gt;Formal&lt;/b&gt;”." in html
    page.post(f"{address(workflow)}draft/", {"field-target_language": "Latin", "field-tone": ["a", "b"]})
    html = page.get(address(workflow)).content.decode()
    assert "“Latin” isn’t an option." in html
    assert "a\nb</p>" in html
