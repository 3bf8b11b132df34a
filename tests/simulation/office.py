"""The portal in this process, its API, two people who share a key, a viewer and a stranger."""

from collections import Counter
from copy import deepcopy
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import Client

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.overview.sidebar import forget_sidebars
from pipelines_portal.submissions import sending
from pipelines_portal.submissions.models import RecordedField, Submission
from pipelines_portal.system.backup.restoring import mark_restored
from pipelines_portal.web import api_connection, time_budget
from pipelines_portal.workflows.cached_schemas import forget_schemas
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests import samples
from tests.fake_api import FakeApi
from tests.simulation.database import use_database
from tests.simulation.stored import Stored, stored
from tests.simulation.world import world

WORKFLOW, ARCHIVES, ORGANIZATION = 42, 57, "Acme Labeling"
# So few that most imports need several requests.
ROWS_PER_REQUEST = 4
# The API rejects rows that contain it.
REJECTED = "7"
# The text of tasks that other programs create.
FOREIGN = "of another program"


class Office(Stored):
    """The portal's database, the API, and the people with their browsers."""

    def __init__(self, api: FakeApi, folder: Path, migrated: Path | None) -> None:
        """Make the office in `folder`, from a copy of a migrated database, which is made if it is not there."""
        from tests.factories import make_colleague, make_person, make_stranger, open_workflow, save_key, share_key

        self.api = api
        _set_up(api)
        self.database = use_database(folder, migrated)
        self.owner, self.colleague = make_person(), make_colleague()
        key = save_key(self.owner, api.new_key(ORGANIZATION))
        viewer, stranger = make_person("vera@acme.example", role=Role.VIEWER), make_stranger()
        share_key(key, self.colleague)
        share_key(key, viewer)
        open_workflow(key, WORKFLOW, name="Translations")
        open_workflow(key, ARCHIVES, name="Scans", has_file_fields=True)
        self.key_url, self.url = f"/keys/{key.pk}/", f"/keys/{key.pk}/workflows/{WORKFLOW}/"
        self.uploads_url = f"/keys/{key.pk}/workflows/{ARCHIVES}/upload/"
        # The people who take part in the work.
        self.people: list[User] = [self.owner, self.colleague]
        self.browsers = [_signed_in(person) for person in self.people]
        self.owner_browser, self.colleague_browser = self.browsers
        self.viewer, self.viewer_id = _signed_in(viewer), viewer.pk
        self.stranger, self.stranger_id = _signed_in(stranger), stranger.pk
        self.database.copy_to("start")

    def begin_day(self) -> None:
        """Replace the database by that of the start, and delete all tasks at the API."""
        self._begin_from("start")
        self.api.forget()
        self.api.newest_task_id = 0
        self.api.workflows[WORKFLOW].fields = deepcopy(samples.TRANSLATION_FIELDS)

    def back_up(self) -> None:
        self.database.copy_to("backup")

    def restore(self) -> None:
        self._begin_from("backup")
        mark_restored()

    def _begin_from(self, copy: str) -> None:
        forget_process_memory()
        self.database.replace_by(copy)

    def browser_of(self, owner: int) -> Client:
        return self.browsers[[person.pk for person in self.people].index(owner)]

    def owner_of(self, browser: Client) -> User:
        return self.people[self.browsers.index(browser)]

    def readers(self) -> list[tuple[Client, int]]:
        """Return the browsers and IDs of those who may not see what others sent."""
        colleague = (self.colleague_browser, self.colleague.pk)
        return [colleague, (self.viewer, self.viewer_id), (self.stranger, self.stranger_id)]

    def codes_of_tasks(self) -> Counter[str]:
        """Return how many tasks at the API have each code that may be used once."""
        return Counter(task.fields["notes"] for task in self.api.tasks.values() if task.fields.get("notes"))

    def shares_of_colleague(self) -> list[int]:
        return list(stored(KeyShare).filter(user=self.colleague.pk).values_list("pk", flat=True))

    def urls_of_others(self, owner: int) -> list[str]:
        """Return the URLs of what others sent and import."""
        sent = stored(Submission).exclude(owner=owner).order_by("pk").values_list("pk", flat=True)
        imports = stored(Sheet).exclude(owner=owner).order_by("pk").values_list("pk", flat=True)
        pages = ("grid/", "progress/", "rows/all.csv")
        return [
            *(f"/submissions/{pk}/" for pk in sent),
            *(f"/sheets/{pk}/{page}" for pk in imports for page in pages),
        ]

    def add_note_rule(self) -> None:
        """Warn of rows in German without a note."""
        place = {"key": SavedKey.objects.get(), "workflow_id": WORKFLOW, "when": "target_language"}
        WorkflowRule.objects.create(
            **place, position=1, kind="filled", field="notes", is_value="German", is_warning=True
        )

    def add_code_rule(self) -> None:
        """Let each code be used once from now on."""
        key = SavedKey.objects.get()
        place = {"key": key, "workflow_id": WORKFLOW}
        WorkflowRule.objects.create(**place, position=1, kind="once", field="notes", value={"is_number": False})
        RecordedField.start(key, WORKFLOW, "notes")

    def own_tasks(self) -> dict[int, str]:
        """Return the text of each task at the API that the portal created."""
        texts = {task.id: task.fields["input_text"] for task in self.api.tasks.values()}
        return {task_id: text for task_id, text in texts.items() if text != FOREIGN}

    def task_counts(self) -> Counter[str]:
        return Counter(self.own_tasks().values())


def _signed_in(person: User) -> Client:
    browser = Client(raise_request_exception=False)  # two clients at once would raise each other's errors
    browser.force_login(person)
    return browser


def _set_up(api: FakeApi) -> None:
    scans = samples.workflow(ARCHIVES, "Scans", fields=[samples.field("input_text", "file_upload", required=True)])
    api.load(samples.organization(ORGANIZATION, samples.workflow(WORKFLOW), scans))
    api.now, api.rejects = lambda: world.now, REJECTED
    settings.PIPELINES_API_URL, settings.UPLOAD_ORIGINS = api.url, [api.origin]
    Sheet._meta.get_field("rows_per_request").default = ROWS_PER_REQUEST
    settings.SESSION_IDLE_MINUTES = 100_000
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


def forget_process_memory() -> None:
    """Clear what a process keeps in memory, as its end does."""
    connection.close()
    forget_schemas()
    sending._declared.clear()
    forget_sidebars()
    time_budget._at_work.clear()
    for function in vars(api_connection).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()
