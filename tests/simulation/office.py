"""The portal in this process, its API, two people who share a key, a viewer and a stranger, with queries of them."""

import json
import re
import shutil
import sqlite3
from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.overview.sidebar import forget_sidebars
from pipelines_portal.submissions import sending
from pipelines_portal.submissions.models import RecordedField
from pipelines_portal.system.backup.restoring import mark_restored
from pipelines_portal.web import api_connection, time_budget
from pipelines_portal.workflows.cached_schemas import forget_schemas
from pipelines_portal.workflows.models import WorkflowRule
from tests import samples
from tests.fake_api import FakeApi
from tests.simulation.world import world

WORKFLOW, ARCHIVES, ORGANIZATION = 42, 57, "Acme Labeling"
# So few that most imports need several requests.
ROWS_PER_REQUEST = 4
TEXT = re.compile(r"\btext \d+\b")
# The API rejects rows that contain it.
REJECTED = "7"
# The text of tasks that other programs create.
FOREIGN = "of another program"


class Office:
    """The portal's database in a file, the API, and the people with their browsers."""

    def __init__(self, api: FakeApi, folder: Path, migrated: Path | None) -> None:
        """Make the office in `folder`, from a copy of a migrated database, which is made if it is not there."""
        from tests.factories import make_colleague, make_person, make_stranger, open_workflow, save_key, share_key

        self.api, self.file = api, folder / "portal.sqlite3"
        self._at_start, self._backup = folder / "start", folder / "backup"
        _set_up(api)
        if migrated and migrated.exists():
            shutil.copyfile(migrated, self.file)
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM sqlite_sequence")  # the same IDs, whatever was in it before
        else:
            call_command("migrate", verbosity=0)
            self._copy_database(migrated or self._at_start)
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
        self._copy_database(self._at_start)

    def begin_day(self) -> None:
        """Replace the database by that of the start, and delete all tasks at the API."""
        self._replace_database(self._at_start)
        self.api.forget()
        self.api.newest_task_id = 0
        self.api.workflows[WORKFLOW].fields = deepcopy(samples.TRANSLATION_FIELDS)

    def back_up(self) -> None:
        self.sql.close()
        self._copy_database(self._backup)
        self._connect()

    def restore(self) -> None:
        self.sql.close()
        self._replace_database(self._backup)
        mark_restored()

    def _copy_database(self, to: Path) -> None:
        connection.close()
        with sqlite3.connect(self.file) as plain:
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        plain.close()
        shutil.copyfile(self.file, to)

    def _replace_database(self, by: Path) -> None:
        forget_process_memory()
        for file in self.file.parent.glob("portal.sqlite3*"):
            file.unlink()
        shutil.copyfile(by, self.file)
        self._connect()

    def _connect(self) -> None:
        # Not Django's connection: the simulation does not count these queries, and no fault reaches them.
        self.sql = sqlite3.connect(self.file, isolation_level=None)

    def browser_of(self, owner: int) -> Client:
        return self.browsers[[person.pk for person in self.people].index(owner)]

    def owner_of(self, browser: Client) -> User:
        return self.people[self.browsers.index(browser)]

    def readers(self) -> list[tuple[Client, int]]:
        """Return the browsers and IDs of those who may not see what others sent."""
        colleague = (self.colleague_browser, self.colleague.pk)
        return [colleague, (self.viewer, self.viewer_id), (self.stranger, self.stranger_id)]

    # What is in the database and at the API: queries need ORDER BY wherever an action chooses from the result

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.sql.execute(sql, values).fetchall()

    def stored_texts(self) -> set[str]:
        """Return every text that the portal stores anywhere."""
        rows = self.query(
            "SELECT fields FROM submissions_submissionrow UNION ALL SELECT fields FROM entry_importrow "
            "UNION ALL SELECT edits FROM entry_importrow UNION ALL SELECT cells FROM entry_importrow "
            "UNION ALL SELECT typed FROM entry_typeddraft UNION ALL SELECT CAST(p.data AS TEXT) FROM entry_filepart p "
            "JOIN entry_importjob j ON j.id = p.import_job_id WHERE j.status IN ('reading', 'unreadable', 'deleted')"
        )
        return set(TEXT.findall("\n".join(row[0] or "" for row in rows)))

    def texts_of_forms(self) -> set[str]:
        """Return the texts of forms that are saved as drafts."""
        return set(TEXT.findall(str(self.query("SELECT typed FROM entry_typeddraft"))))

    def undoable_texts(self) -> dict[str, datetime]:
        """Return the texts of imports whose sending can still be undone, with the end of that time."""
        sql = "SELECT id, start_at FROM entry_importjob WHERE status = 'sending' AND start_at IS NOT NULL"
        return {
            text: datetime.fromisoformat(start_at).replace(tzinfo=UTC)
            for pk, start_at in self.query(sql)
            for text in self.texts_of_rows("ready", import_id=pk) | self.texts_of_requested(pk)
        }

    def texts_of_requested(self, import_id: str) -> set[str]:
        drafts = self.query("SELECT id FROM submissions_submission WHERE \"group\" = ? AND status = 'draft'", import_id)
        return {text for (pk,) in drafts for text in self.texts_of_submission(pk)}

    def submitted_texts(self) -> set[str]:
        rows = self.query("SELECT fields FROM submissions_submissionrow")
        return set(TEXT.findall("\n".join(row[0] or "" for row in rows)))

    def texts_of_rows(self, *statuses: str, import_id: str = "%") -> set[str]:
        """Return the texts of imports' rows with one of the statuses, or of all rows."""
        sql = "SELECT status, edits, cells, fields FROM entry_importrow WHERE import_job_id LIKE ?"
        rows = [texts for status, *texts in self.query(sql, import_id) if not statuses or status in statuses]
        return set(TEXT.findall(str(rows)))

    def texts_of_submission(self, pk: str) -> set[str]:
        rows = self.query("SELECT fields FROM submissions_submissionrow WHERE submission_id = ?", pk)
        return {json.loads(fields)["input_text"] for (fields,) in rows if fields}

    def codes_of_submission(self, pk: UUID) -> set[str]:
        rows = self.query("SELECT fields FROM submissions_submissionrow WHERE submission_id = ?", pk.hex)
        return {json.loads(fields).get("notes", "") for (fields,) in rows if fields} - {""}

    def codes_of_tasks(self) -> Counter[str]:
        """Return how many tasks at the API have each code that may be used once."""
        return Counter(task.fields["notes"] for task in self.api.tasks.values() if task.fields.get("notes"))

    def codes_on_their_way(self) -> Counter[str]:
        """Return how many rows that may become tasks have each code."""
        rows = self.query(
            "SELECT fields FROM submissions_submissionrow r JOIN submissions_submission s ON s.id = r.submission_id "
            "WHERE s.status IN ('sending', 'unconfirmed')"
        )
        return Counter(code for (fields,) in rows if fields and (code := json.loads(fields).get("notes")))

    def code_rule(self) -> tuple[Any, ...] | None:
        """Return the rule by which each code is used once, since when, and whether earlier codes are known."""
        found = self.query(
            "SELECT r.id, f.since, f.done_at IS NOT NULL FROM workflows_workflowrule r "
            "JOIN submissions_recordedfield f ON f.field = r.field WHERE r.kind = 'once' AND r.is_on"
        )
        return found[0] if found else None

    def attempts_of(self, condition: str, *values: Any) -> set[tuple[str, int]]:
        """Return the ID and the latest attempt of each submission that meets the condition."""
        rows = self.query(f"SELECT id, attempt FROM submissions_submission WHERE {condition}", *values)
        return {(pk, attempt) for pk, attempt in rows}

    def shares_of_colleague(self) -> list[int]:
        return [pk for (pk,) in self.query("SELECT id FROM keys_keyshare WHERE user_id = ?", self.colleague.pk)]

    def owners_of(self, text: str) -> set[int]:
        """Return the owners of all submissions with the text."""
        rows = self.query(
            "SELECT DISTINCT s.owner_id FROM submissions_submission s JOIN submissions_submissionrow r "
            "ON r.submission_id = s.id WHERE json_extract(r.fields, '$.input_text') = ?", text,
        )  # fmt: skip
        return {owner for (owner,) in rows}

    def owner_of_upload(self, remote_id: str) -> int | None:
        """Return who sends the upload that has this ID at the API."""
        found = self.query(
            "SELECT s.owner_id FROM uploads_zipupload u JOIN submissions_submission s ON s.id = u.submission_id "
            "WHERE u.remote_upload_id = ?", UUID(remote_id).hex,
        )  # fmt: skip
        return found[0][0] if found else None

    def token_of_upload(self, pk: UUID) -> str:
        """Return the token of the page on which the archive was chosen."""
        uploads = "uploads_zipupload u JOIN submissions_submission s ON s.id = u.submission_id"
        ((token,),) = self.query(f"SELECT s.token FROM {uploads} WHERE u.id = ?", pk.hex)
        return str(UUID(token))

    def texts_of_owner(self, owner: int) -> set[str]:
        """Return the texts that a person may see: those that the person sent, imported or typed."""
        rows = self.query(
            "SELECT fields FROM submissions_submissionrow r JOIN submissions_submission s ON s.id = r.submission_id "
            "WHERE s.owner_id = :owner UNION ALL SELECT cells || edits || COALESCE(r.fields, '') "
            "FROM entry_importrow r JOIN entry_importjob j ON j.id = r.import_job_id WHERE j.owner_id = :owner "
            "UNION ALL SELECT typed FROM entry_typeddraft WHERE owner_id = :owner".replace(":owner", str(owner))
        )
        return set(TEXT.findall("\n".join(row[0] or "" for row in rows)))

    def urls_of_others(self, owner: int) -> list[str]:
        """Return the URLs of what others sent and import."""
        sent = self.query("SELECT id FROM submissions_submission WHERE owner_id != ? ORDER BY id", owner)
        imports = self.query("SELECT id FROM entry_importjob WHERE owner_id != ? ORDER BY id", owner)
        pages = ("check/", "progress/", "rows/all.csv")
        return [
            *(f"/submissions/{UUID(pk)}/" for (pk,) in sent),
            *(f"{self.url}import/{UUID(pk)}/{page}" for (pk,) in imports for page in pages),
        ]

    def status_of_import(self, pk: str) -> str:
        return str(self.query("SELECT status FROM entry_importjob WHERE id = ?", pk)[0][0])

    def state_of_group(self, pk: int) -> str:
        """Return the state of a group of failing tasks, or "" if it is gone."""
        return str((self.query("SELECT state FROM attention_problemgroup WHERE id = ?", pk) or [("",)])[0][0])

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

    def submissions(self, condition: str) -> list[tuple[UUID, int, set[str]]]:
        """Return the ID, the owner and the texts of each submission that meets the condition, oldest first."""
        rows = self.query(f"SELECT id, owner_id FROM submissions_submission WHERE {condition} ORDER BY created_at")
        return [(UUID(pk), owner, self.texts_of_submission(pk)) for pk, owner in rows]

    def newest_before(self, pk: UUID) -> int:
        """Return the ID above which the page of an unconfirmed submission lists tasks."""
        ((newest,),) = self.query("SELECT newest_task_id_before FROM submissions_submission WHERE id = ?", pk.hex)
        return newest or 0

    def rows_of(self, pk: UUID) -> list[tuple[int, str]]:
        """Return the number that a page shows, and the text, of each row of a submission."""
        rows = self.query(
            'SELECT number, "index", fields FROM submissions_submissionrow WHERE submission_id = ? ORDER BY "index"',
            pk.hex,
        )
        return [(number or index + 1, json.loads(fields)["input_text"]) for number, index, fields in rows if fields]

    def held_imports(self) -> list[tuple[str, int, int, list[tuple[int, str]]]]:
        """Return the imports that a person has to decide about after a restore.

        Each has its ID, owner, the ID above which its page lists tasks, and the numbers and texts of its ready rows.
        """
        held = self.query(
            "SELECT id, owner_id, newest_task_id_before FROM entry_importjob "
            "WHERE restored_from IS NOT NULL AND status != 'deleted' ORDER BY id"
        )
        ready = (
            "SELECT number, fields FROM entry_importrow WHERE import_job_id = ? AND status = 'ready' ORDER BY number"
        )
        return [
            (pk, owner, newest, [(row, json.loads(fields)["input_text"]) for row, fields in self.query(ready, pk)])
            for pk, owner, newest in held
        ]

    def known_tasks(self) -> set[int]:
        """Return the tasks that the portal has recorded."""
        rows = self.query(
            "SELECT task_id FROM submissions_submissionrow WHERE task_id > 0 "
            "UNION SELECT task_id FROM submissions_unattributedtask"
        )
        return {task_id for (task_id,) in rows}

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
    ImportJob._meta.get_field("rows_per_request").default = ROWS_PER_REQUEST
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
