"""What all tests share: an API in the process, and a person with a key and a browser. See also factories.py."""

import gc
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_migrate
from whitenoise.base import WhiteNoise

from pipelines_portal.core.database_errors import forget_lines
from tests import database_cache, databases, samples
from tests.fake_api import FakeApi, fake_api, task_list
from tests.in_process_reading import InProcessReading
from tests.template_names import UnknownNames

# How many examples a property or state machine is tried with: `make test-full` chooses the second profile.
EVERY_PROFILE = {"deadline": None, "database": None, "suppress_health_check": list(hypothesis.HealthCheck)}
hypothesis.settings.register_profile("check", max_examples=5, derandomize=True, **EVERY_PROFILE)
hypothesis.settings.register_profile("full", max_examples=500, print_blob=True, **EVERY_PROFILE)
hypothesis.settings.load_profile("check")
ACME, OTHER = "Acme Labeling", "Other Org"
TRANSLATIONS, EVERY_TYPE, DRAFT, FILES, PAUSED, LONG, NO_NODES, ELSEWHERE = 42, 43, 50, 57, 61, 70, 71, 900
TWO_FILES, FILE_AND_FIELDS, CLOSED = 201, 202, 203


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what only PostgreSQL can show, unless this run is on PostgreSQL."""
    elsewhere = [] if databases.server() else [item for item in items if item.get_closest_marker("postgresql")]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]


def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look through it again and again takes a tenth of all tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """Let Django use a database that an earlier run has migrated, if there is one."""
    return database_cache.load_test_database()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        database_cache.store_test_database()


@pytest.fixture(scope="session", autouse=True)
def fast_passwords() -> None:
    """Hash passwords fast: that Django hashes them slowly enough is for Django to test."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["tests.passwords.FastHasher"]


@pytest.fixture(scope="session", autouse=True)
def static_files_listed_once() -> Iterator[None]:
    """Every test client starts the middleware, and each would look at all files again: half the time of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", _listed_once(WhiteNoise.update_files_dictionary))
        yield


def _listed_once(plain: Callable[[WhiteNoise, str, str], None]) -> Callable[[WhiteNoise, str, str], None]:
    """Until `collectstatic` runs again."""
    listed: dict[tuple[str, str, float], dict[str, Any]] = {}

    def update(server: WhiteNoise, root: str, prefix: str) -> None:
        manifest = Path(root) / "staticfiles.json"
        of = (root, prefix, manifest.stat().st_mtime if manifest.exists() else 0)
        if of not in listed:
            plain(server, root, prefix)
            listed[of] = dict(server.files)
        server.files.update(listed[of])

    return update


@pytest.fixture(scope="session", autouse=True)
def no_permissions_after_flush() -> None:
    """Django writes its own permissions again after each flush of the database; the portal has none of them."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


@pytest.fixture(scope="session")
def unknown_names() -> Iterator[UnknownNames]:
    names = UnknownNames()
    with pytest.MonkeyPatch.context() as patch:
        names.notice(patch)
        yield names


@pytest.fixture(autouse=True)
def empty_search_index(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """Empty it after a test whose transactions were real: the index is no model, and so Django does not flush it."""
    yield
    mark = request.node.get_closest_marker("django_db")
    if mark and mark.kwargs.get("transaction"):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("INSERT INTO submissions_search(submissions_search) VALUES ('delete-all')")
            else:
                cursor.execute("TRUNCATE submissions_search")


@pytest.fixture(autouse=True)
def no_delays_or_child_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the API client try again at once, and read files of rows in this process."""
    monkeypatch.setattr("pipelines_portal.api_client.retries.FIRST_DELAY", 0.0)
    monkeypatch.setattr("pipelines_portal.spreadsheets.reading.FileReading", InProcessReading)


@pytest.fixture(scope="session", autouse=True)
def no_hurry() -> Iterator[None]:
    """Let pages work out what they do at once, however busy this machine is. A test of the bound sets its own clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines_portal.web.time_budget.SECONDS", 600.0)
        yield


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page work for a second, by a clock on which each look at it takes 0.4 seconds."""
    clock = count(step=0.4)
    monkeypatch.setattr("pipelines_portal.web.time_budget.SECONDS", 1.0)
    monkeypatch.setattr("pipelines_portal.web.time_budget.monotonic", lambda: next(clock))


def is_portal() -> bool:
    """Whether the settings are those of the portal. The External API remembers nothing of the kind below."""
    from django.conf import settings

    return bool(settings.ROOT_URLCONF == "pipelines_portal.urls")


@pytest.fixture(autouse=True)
def templates_know_their_names(unknown_names: UnknownNames, forget: Callable[[], None]) -> Iterator[UnknownNames]:
    """Also start each test with an empty memory, since keys and people of the next one have the same ids."""
    forget()
    yield unknown_names
    found, unknown_names.found = unknown_names.found, []
    assert found == [], "A template uses names that it does not know."


@pytest.fixture(scope="session")
def forget() -> Callable[[], None]:
    """Return a function that empties what the portal's process remembers between requests."""
    return forget_all if is_portal() else forget_lines


def forget_all() -> None:
    from pipelines_portal.overview.sidebar import forget_sidebars
    from pipelines_portal.workflows.cached_schemas import forget_schemas

    forget_lines()
    forget_schemas()
    forget_sidebars()
    if own_day := sys.modules.get("pipelines_portal.overview.home.own_day"):
        own_day.EARLIER.clear()


@pytest.fixture(scope="session", autouse=True)
def sidebars_outdated_at_once() -> Iterator[None]:
    """Raise the versions of sidebars without a commit, since most tests end in a rollback."""
    with pytest.MonkeyPatch.context() as patch:
        if is_portal():
            for module in ("accounts.sidebar", "entry.rules.stored"):
                patch.setattr(f"pipelines_portal.{module}.on_commit", lambda run, **options: run())
        yield


FILE_FIELDS = {name: samples.field(name, "file_upload", required=True) for name in ("scan", "front", "back", "photo")}
MIXED_FIELDS = [
    FILE_FIELDS["photo"],
    samples.field("caption", required=True),
    samples.field("stars", "rating", min=1, max=5),
    samples.field("taken", "datetime"),
]
ORGANIZATIONS = (
    samples.organization(
        ACME,
        samples.workflow(TRANSLATIONS),
        samples.workflow(EVERY_TYPE, "Every type", fields=samples.EVERY_TYPE),
        samples.workflow(DRAFT, "Still a draft", "DRAFT"),
        samples.workflow(FILES, "Invoices", fields=[FILE_FIELDS["scan"]]),
        samples.workflow(TWO_FILES, "Two sides", fields=[FILE_FIELDS["front"], FILE_FIELDS["back"]]),
        samples.workflow(FILE_AND_FIELDS, "Captions", fields=MIXED_FIELDS),
        samples.workflow(CLOSED, "Closed", "COMPLETED", fields=[FILE_FIELDS["photo"]]),
        samples.workflow(PAUSED, "Call transcripts", "PAUSED"),
        samples.workflow(LONG, "Long way", nodes=[{"name": f"N{n}", "status": "pending"} for n in range(14)]),
        samples.workflow(NO_NODES, "No nodes", nodes=[]),
    ),
    samples.organization(OTHER, samples.workflow(ELSEWHERE, "Elsewhere")),
)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """An API with two organizations, in this process. Tests under services/ have a real one."""
    with fake_api() as running:
        running.load(*ORGANIZATIONS)
        yield running


@pytest.fixture
def org_key(api: FakeApi) -> str:
    return api.new_key(ACME)


@pytest.fixture(scope="session")
def static_root() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture
def before_api(api: FakeApi, static_root: None, settings: Any) -> FakeApi:
    """The portal under test calls this API."""
    settings.PIPELINES_API_URL = api.url
    return api


@pytest.fixture
def scripted_api(before_api: FakeApi, settings: Any) -> Iterator[FakeApi]:
    """The portal under test calls an API that answers as the test says.

    Set its `script` or `routes`; until then every answer is an empty task list.
    """
    with fake_api(task_list()) as running:
        settings.PIPELINES_API_URL = running.url
        yield running


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API client tries again at once."""
    monkeypatch.setattr("pipelines_portal.api_client.client.time.sleep", lambda seconds: None)


@pytest.fixture
def person(db: None) -> Any:
    from tests.factories import make_person

    return make_person("maria@acme.example")


@pytest.fixture
def maria(person: Any, static_root: None) -> Any:
    """`person`, who has a password to sign in with."""
    from tests.accounts.two_step import PASSWORD

    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def saved_key(person: Any, org_key: str) -> Any:
    from tests.factories import save_key

    return save_key(person, org_key)


@pytest.fixture
def page(client: Any, person: Any, before_api: FakeApi) -> Any:
    """Django's test client, signed in as `person`."""
    from tests.factories import sign_in

    return sign_in(client, person)


@pytest.fixture
def desk(db: None, before_api: FakeApi) -> Any:
    """A person at work, with a key and an opened workflow."""
    from tests.factories import open_desk

    return open_desk(before_api)


@pytest.fixture
def cast(db: None, static_root: None) -> Any:
    """One person of each role, and a team that some of them are in."""
    from tests.people.cast import make_cast

    return make_cast()
