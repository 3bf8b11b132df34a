"""An import belongs to its owner: who else sees it, who continues it, and how it is transferred."""

from typing import Any

from pipelines_portal.accounts.models import Membership, User
from pipelines_portal.audit.models import Event
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.transitions import transfer_import
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.notifications.models import Notification
from pipelines_portal.submissions.models import Submission
from tests.conftest import ACME
from tests.entry.grid.conftest import TypedGrid
from tests.factories import browser_of, confirm_in, make_colleague, make_team, open_workflow, save_key, share_key
from tests.fake_api import FakeApi, Plan
from tests.pages import text_of

from .conftest import work
from .office import Office, address


def paused_by_ben(office: Office, api: FakeApi) -> Sheet:
    """An import of Ben's: a request of two rows went out, then he paused it."""
    sheet = office.imported()
    api.plans = [Plan(after=lambda: office.post("ben", sheet, "pause"), on="POST")]
    office.post("ben", sheet, "send", rows=4)
    work()
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.PAUSED and len(api.tasks) == 2
    return sheet


def test_a_pause_ends_if_the_request_on_its_way_was_the_last(office: Office, api: FakeApi) -> None:
    sheet = office.imported()
    api.plans = [Plan(after=lambda: office.post("ben", sheet, "pause"), on="POST")]
    sheet.rows.filter(number__gt=3).update(status="set_aside")
    sheet.store_counts()
    office.post("ben", sheet, "send", rows=2)
    work()
    sheet.refresh_from_db()
    assert len(api.tasks) == 2 and sheet.status == Sheet.Status.CHECKED


def test_the_owner_the_keys_owner_and_the_leads_see_an_import(office: Office) -> None:
    """On its pages, in its downloads, in the list of the workflow and on Home. Not leads of teams without the key."""
    make_team(office.people["ben"], lead=office.people["chris"], name="Without the key")
    rows = "input_text\ttarget_language\nHello\tFrench"
    token = "11111111-1111-4111-8111-111111111111"
    office.browser("ben").post(office.import_tab, {"text": rows, "token": token})
    sheet = Sheet.objects.get()
    see = {"ben": True, "maria": True, "lena": True, "anna": False, "chris": False}
    for name, sees in see.items():
        status = 200 if sees else 404
        for page in ("detail", "delete"):
            assert office.get(name, sheet, page).status_code == status, name
        assert office.get(name, sheet, "rows", "not-sent", "csv").status_code == status
        assert (str(sheet.pk) in text_of(office.browser(name).get(office.import_tab))) == sees, name
    Sheet.objects.update(status=Sheet.Status.PAUSED)
    for name, sees in see.items():
        assert (str(sheet.pk) in text_of(office.browser(name).get("/"))) == sees, name


def test_a_lead_sees_what_went_through_the_team_and_not_what_went_past_it(office: Office) -> None:
    """Whoever became its lead later too; a team that the owner joins, or that gets the key, only with a request."""
    through = office.imported()
    share_key(office.key, office.people["anna"])
    past = office.imported("anna", owner=office.people["anna"])
    past.teams.clear()
    Membership.objects.filter(team=office.teams["photos"], user=office.people["anna"]).delete()
    assert office.get("chris", past).status_code == 404
    office.people["nina"] = User.objects.create_user("nina@acme.example")
    Membership.objects.create(team=office.teams["intake"], user=office.people["nina"], is_lead=True)
    assert office.get("nina", through).status_code == 200
    assert office.get("nina", past).status_code == 404


def test_a_team_is_added_with_the_next_request_and_none_is_removed(office: Office) -> None:
    sheet = office.imported()
    share_key(office.key, make_team(office.people["ben"], lead=office.people["chris"], name="Night"))
    assert office.get("chris", sheet).status_code == 404
    Membership.objects.filter(team=office.teams["intake"], user=office.people["ben"]).delete()
    office.post("ben", sheet, "send", rows=4)
    work()
    assert office.get("chris", sheet).status_code == 200
    assert office.get("lena", sheet).status_code == 200


def test_an_owner_who_lost_the_key_sees_the_import_and_sends_nothing(office: Office, api: FakeApi) -> None:
    """Home leads there, as long as they work with another key."""
    open_workflow(save_key(office.people["ben"], api.new_key(ACME), "Other"), 43, name="Other")
    sheet = paused_by_ben(office, api)
    office.key.shares.all().delete()
    assert f"/sheets/{sheet.pk}/" in text_of(office.browser("ben").get("/"))
    words = text_of(office.get("ben", sheet))
    assert "The key Acme is no longer shared with you" in words
    assert "Resume (2 rows)" not in words
    assert office.post("ben", sheet, "send", rows=2).status_code == 403
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.PAUSED
    assert office.get("ben", sheet, "rows", "not-sent", "csv").status_code == 200


def test_the_import_of_somebody_else_is_transferred_before_it_is_sent(office: Office, api: FakeApi) -> None:
    """Its pages name the owner and who paused it."""
    sheet = paused_by_ben(office, api)
    words = text_of(office.get("lena", sheet))
    assert "<bdi>Ben Okafor</bdi> paused this <time" in words and "The current batch is still being sent" not in words
    assert "Transfer to send 2 rows…" in words and address(sheet, "transfer") in words
    check = text_of(office.get("lena", sheet, "page"))
    assert "<bdi>Ben Okafor</bdi> · Paused by <bdi>Ben Okafor</bdi> <time" in check
    assert "Ben Okafor · Paused" in text_of(office.browser("lena").get("/"))
    assert "Ben Okafor · paused" not in text_of(office.browser("ben").get("/"))
    refused = office.post("lena", sheet, "send", rows=2)
    assert "Not sent. Ben Okafor owns this import. Transfer it to yourself first." in text_of(refused)
    assert 'value="lena@acme.example"' in text_of(refused)
    work()
    assert len(api.tasks) == 2
    office.post("lena", sheet, "transfer", owner="lena@acme.example")
    office.post("lena", sheet, "send", rows=2)
    work()
    assert len(api.tasks) == 4


def test_a_request_that_was_prepared_before_is_recorded_as_it_is_sent(office: Office, api: FakeApi) -> None:
    """The API had refused it: it was made while Ben sent, and leaves when Anna owns it."""
    sheet = office.imported()
    api.plans = [Plan("closed", on="POST")]
    office.post("ben", sheet, "send", rows=4)
    work()
    office.post("ben", sheet, "transfer", owner="anna@acme.example")
    office.post("anna", sheet, "send", rows=4)
    work()
    draft = Submission.objects.earliest("pk")
    assert (draft.status, draft.owner, len(api.tasks)) == ("created", office.people["anna"], 4)
    last = Event.objects.filter(verb="submission-sent", target_id=str(draft.pk)).latest("pk")
    assert last.actor_email == "anna@acme.example"


def test_handing_over_makes_the_new_owner_the_sender_of_what_is_left(office: Office, api: FakeApi) -> None:
    sheet = paused_by_ben(office, api)
    own = f"/submissions/{Submission.objects.get().pk}/"
    assert "View import" in text_of(office.browser("ben").get(own))
    done = office.post("lena", sheet, "transfer", owner="anna@acme.example")
    assert "rows.csv transferred to Anna Kovacs" in text_of(done)
    assert office.get("ben", sheet).status_code == 404
    assert "View import" not in text_of(office.browser("ben").get(own))
    news = Notification.objects.get(person=office.people["anna"])
    assert "Lena Fuchs transferred the import rows.csv" in news.title and news.address == address(sheet, "detail")
    assert news.is_to_mail
    event = Event.objects.get(verb="import-handed-over")
    assert event.detail == {"former_owner": "ben@acme.example", "owner": "anna@acme.example"}
    office.post("anna", sheet, "send", rows=2)
    work()
    owners = [str(each.owner) for each in sheet.submissions.select_related("owner")]
    assert owners == ["Ben Okafor", "Anna Kovacs"] and len(api.tasks) == 4


def test_an_import_is_transferred_only_to_somebody_who_may_send(office: Office) -> None:
    User.objects.create_user("sam@else.example")
    viewer = User.objects.create_user("vera@acme.example", role="viewer")
    share_key(office.key, viewer)
    sheet = office.imported()
    for email, words in (
        ("", "Enter the new owner’s email."),
        ("nobody@acme.example", "No one here has the email"),
        ("ben@acme.example", "already owns this import"),
        ("sam@else.example", "can’t use the key Acme"),
        ("vera@acme.example", "is a viewer and can’t create tasks."),
    ):
        answer = office.post("ben", sheet, "transfer", owner=email)
        assert answer.status_code == 422 and words in text_of(answer)
    sheet.refresh_from_db()
    assert sheet.owner == office.people["ben"]


def test_what_is_being_sent_is_not_transferred(office: Office, api: FakeApi) -> None:
    sheet = office.imported()
    said = []
    api.plans = [Plan(before=lambda: said.append(office.post("lena", sheet, "transfer", owner="anna@acme.example")))]
    office.post("ben", sheet, "send", rows=4)
    work()
    assert "Not transferred. Rows are being sent" in text_of(said[0])
    sheet.refresh_from_db()
    assert sheet.owner == office.people["ben"] and len(api.tasks) == 4


def test_the_owner_of_the_key_hands_over_what_somebody_left(office: Office, api: FakeApi) -> None:
    sheet = paused_by_ben(office, api)
    User.objects.filter(pk=sheet.owner_id).update(is_active=False)
    office.post("maria", sheet, "transfer", owner="maria@acme.example")
    office.post("maria", sheet, "send", rows=2)
    work()
    assert len(api.tasks) == 4


def test_whoever_deactivates_somebody_reads_of_their_unfinished_imports(office: Office) -> None:
    office.imported()
    office.imported()
    office.people["maria"].role = "administrator"
    office.people["maria"].save()
    place = f"/people/{office.people['ben'].pk}/deactivate/"
    maria = confirm_in(office.browser("maria"), office.people["maria"])
    assert "They have 2 unfinished imports, which pause." in text_of(maria.get(place))
    Sheet.objects.all().delete()
    assert "unfinished" not in text_of(maria.get(place))


def test_transferred_typed_rows_have_no_columns_to_edit(page: Any, saved_key: SavedKey) -> None:
    """Reading their file again would delete them: there is none."""
    grid = TypedGrid(page, open_workflow(saved_key), saved_key.owner)
    grid.fill(2)
    typed, lead = grid.job, make_colleague()
    make_team(grid.owner, lead=lead)
    share_key(grid.workflow.key, lead)
    assert transfer_import(typed, lead, grid.owner)
    page = browser_of(lead)
    assert "no columns to edit" in text_of(page.post(address(typed, "rematch"), follow=True))
    assert "Edit columns" not in text_of(page.get(address(typed, "page")))
    for status in ("checked", "matching"):
        Sheet.objects.update(status=status)
        typed.refresh_from_db()
        page.post(address(typed, "reread"), {"encoding": "cp1252", "seen": typed.version})
        assert typed.lines.count() == 2, status
