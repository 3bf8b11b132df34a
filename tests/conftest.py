"""What the portal's tests share: a real External API in another process, people, their keys and opened workflows."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from whitenoise.base import WhiteNoise
from xdist.scheduler import LoadFileScheduling

from tests import databases, samples, starting
from tests.browser.fixtures import browser, chromium, close_pages
from tests.external_api.services.urls import SERVICES
from tests.live import ExternalApi, external_api

# Without PostgreSQL its tests are not collected; a run that must have it sets TEST_SERVICES_REQUIRED.
ON_SERVICES = ["test_barred_database.py", "test_only_on_postgresql.py"]
collect_ignore = [] if SERVICES or os.environ.get("TEST_SERVICES_REQUIRED") else ON_SERVICES
# One Chromium a run, whatever folder a test stands in: two would not share its event loop.
__all__ = ["browser", "chromium", "close_pages"]
ACME, OTHER = "Acme Labeling", "Other Org"
TRANSLATIONS, EVERY_TYPE, DRAFT, FILES, PAUSED, LONG, NO_NODES, ELSEWHERE = 42, 43, 50, 57, 61, 70, 71, 900


# Files that take longest, the longest first: begun last, one of them alone would keep the others waiting at the end.
LONGEST = (
    "test_uploads_on_postgresql", "test_postgres", "test_worker_restart", "uploads/test_any_order",
    "imports/test_killed", "task_index/test_killed", "external_api/test_openapi", "contract/test_any_answer",
    "test_archive_hostile",
    "uploads/test_any_answer", "contract/test_preview_rules", "imports/test_any_order", "saved_keys/test_gate",
    "access/test_access", "external_api/test_rate_limits", "external_api/test_upload_flow", "rows/test_coming_back",
    "test_run", "test_upload_to_s3", "test_imports_faults", "browser/test_imports", "test_every_page", "test_days",
    "test_live_lists", "test_overview", "test_upload_faults", "test_upload_workers", "test_first_minutes",
)  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Before a run parts into processes: what starts their programs is theirs together."""
    if config.getoption("numprocesses", None):
        starting.share()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What only PostgreSQL can show is for a run on it: tests/test_only_on_postgresql.py is one, of nothing else."""
    elsewhere = [] if databases.server() else [item for item in items if item.get_closest_marker("postgresql")]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]
    places = {item.path: _place(item.path) for item in items}
    items.sort(key=lambda item: places[item.path])


def _place(path: Path) -> int:
    return next((place for place, name in enumerate(LONGEST) if str(path).endswith(f"{name}.py")), len(LONGEST))


# Tests that share nothing with the others of their file, each as long as many a file.
APART = ("uploads/test_any_order", "services/test_uploads_on_postgresql", "services/test_postgres")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    return _ByFile(config, log)


class _ByFile(LoadFileScheduling):
    """A file in one process, as by `--dist loadfile`; those above are shared out test by test."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return nodeid if file.endswith(tuple(f"{name}.py" for name in APART)) else file


def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look through it again and again takes a tenth of all tests' time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def fast_passwords() -> None:
    """Hashing that is slow on purpose is Django's to test. Programs in processes of their own keep it."""
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


@pytest.fixture(autouse=True)
def calls_counted_anew() -> None:
    """Keys of different tests have the same ids. The other program has none, and runs under settings of its own."""
    from django.conf import settings

    if settings.ROOT_URLCONF == "pipelines_portal.urls":
        from pipelines_portal.saved_keys.gate import budget
        from pipelines_portal.workflows.kept_schemas import forget_schemas

        budget.forget_counts()
        forget_schemas()


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExternalApi]:
    """An API with two organizations; without a worker."""
    with external_api(tmp_path_factory.mktemp("api")) as running:
        running.load(
            samples.organization(
                ACME,
                samples.workflow(TRANSLATIONS),
                samples.workflow(EVERY_TYPE, "Every type", fields=samples.EVERY_TYPE),
                samples.workflow(DRAFT, "Still a draft", "DRAFT"),
                samples.workflow(FILES, "Invoices", fields=[samples.field("scan", "file_upload", required=True)]),
                samples.workflow(PAUSED, "Call transcripts", "PAUSED"),
                samples.workflow(LONG, "Long way", nodes=[{"name": f"N{n}", "status": "pending"} for n in range(14)]),
                samples.workflow(NO_NODES, "No nodes", nodes=[]),
            ),
            samples.organization(OTHER, samples.workflow(ELSEWHERE, "Elsewhere")),
        )
        yield running


@pytest.fixture(scope="session")
def org_key(api: ExternalApi) -> str:
    return api.new_key(ACME)


@pytest.fixture(scope="session")
def second_key(api: ExternalApi) -> str:
    """Another key of the same organization, for somebody else to save."""
    return api.new_key(ACME)


@pytest.fixture(scope="session")
def static_root() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture
def before_api(api: ExternalApi, static_root: None, settings: Any) -> ExternalApi:
    """The portal under test asks this API."""
    settings.PIPELINES_API_URL = api.url
    return api


@pytest.fixture
def person(db: None) -> Any:
    from pipelines_portal.accounts.models import User

    return User.objects.create_user("maria@acme.example")


@pytest.fixture
def stranger(db: None) -> Any:
    from pipelines_portal.accounts.models import User

    return User.objects.create_user("stranger@else.example")


@pytest.fixture
def saved_key(person: Any, org_key: str) -> Any:
    return save_key(person, org_key)


def save_key(owner: Any, key: str, name: str = "Acme") -> Any:
    from pipelines_portal.saved_keys.forms import fingerprint
    from pipelines_portal.saved_keys.models import SavedKey

    saved = SavedKey(owner=owner, name=name, fingerprint=fingerprint(key))
    saved.seal(key)
    saved.save()
    return saved


@pytest.fixture
def colleague(db: None) -> Any:
    """Someone to share a key with."""
    from pipelines_portal.accounts.models import User

    return User.objects.create_user("ben@acme.example", name="Ben Okafor")


@pytest.fixture
def opened(saved_key: Any) -> Callable[..., Any]:
    """`opened(42)`: the workflow as the person's key opened it."""

    def open_(workflow_id: int = TRANSLATIONS, **values: Any) -> Any:
        from pipelines_portal.workflows.models import OpenedWorkflow

        defaults = {"name": f"Workflow {workflow_id}", "status": "ACTIVE"} | values
        return OpenedWorkflow.objects.create(key=saved_key, workflow_id=workflow_id, **defaults)

    return open_


@pytest.fixture
def page(client: Any, person: Any, before_api: ExternalApi) -> Any:
    """Django's test client, signed in as `person`."""
    client.force_login(person)
    return client


@pytest.fixture
def create_tasks(api: ExternalApi, org_key: str) -> Callable[..., list[int]]:
    """`create_tasks(3, 42)`: makes them at the API, as another program would."""

    def create(count: int = 1, workflow_id: int = TRANSLATIONS) -> list[int]:
        fields = {"input_text": "Hello", "target_language": "French"}
        body = {"tasks": [{"fields": fields} for _ in range(count)]}
        answer = api.server.post(f"/workflows/{workflow_id}/tasks", key=org_key, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["task_ids"]

    return create
