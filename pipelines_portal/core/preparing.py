"""What `prepare` does for both programs before they start: a migrated database and collected static files."""

import os
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from pipelines_portal.core.migrated import refuse_older_database


def prepare() -> None:
    refuse_older_database()
    wipe_metrics(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    call_command("migrate", verbosity=0, interactive=False)
    if settings.STATIC_IS_COLLECTED:
        return
    try:
        call_command("collectstatic", verbosity=0, interactive=False)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The static files could not be collected: {settings.STATIC_ROOT} cannot be written ({error.strerror})."
        ) from error


def wipe_metrics(folder: Path) -> None:
    """Delete what ended processes counted, unless another process still counts: a sum must not get smaller."""
    files = list(folder.glob("*.db"))
    if not any(Path(f"/proc/{file.stem.rpartition('_')[2]}").exists() for file in files):
        for file in files:
            file.unlink(missing_ok=True)
