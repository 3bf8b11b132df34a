"""Create the secrets that an installation lacks, in DATA_DIR: `python -m pipelines_portal.core.generated_secrets`.

It prints which programs run on this server: "both", or "portal" if that works with another API.
It runs before the programs start, where one server holds all of the data. Servers that share a database need the same
secrets, so there they are set in the environment.
"""

import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.core import environment
from pipelines_portal.core.files import read_or_create_secret

LOST = (
    "{folder} has a database, but not the file {file} that belongs to it. Nothing was started. Put the line "
    "ENCRYPTION_KEYS of the recovery file into the environment, or the file back from a copy."
)

ELSEWHERE = (
    "ENCRYPTION_KEYS must be set if DATABASE_URL is. Nothing was started. Values in the database may be encrypted "
    "with a key that this server does not have."
)


def new_secret_key() -> str:
    return secrets.token_urlsafe(50)


def new_encryption_key() -> str:
    return Fernet.generate_key().decode()


# By the names of the settings, the files that contain them.
FILES: list[tuple[str, str, Callable[[], str]]] = [
    ("ENCRYPTION_KEYS", "portal.encryption_keys", new_encryption_key),
    ("SECRET_KEY", "portal.secret_key", new_secret_key),
    ("SECRET_KEY", "external_api.secret_key", new_secret_key),
]


def create_secrets(folder: Path) -> None:
    """Create the files. Raise ImproperlyConfigured if there may be a database whose keys are lost."""
    for setting, name, make in FILES:
        file = folder / name
        if environment.source_of(setting) != "default" or file.exists():
            continue
        if setting == "ENCRYPTION_KEYS" and environment.source_of("DATABASE_URL") != "default":
            raise ImproperlyConfigured(ELSEWHERE)
        if setting == "ENCRYPTION_KEYS" and (folder / "portal.sqlite3").exists():
            raise ImproperlyConfigured(LOST.format(folder=folder, file=name))
        read_or_create_secret(file, make)


if __name__ == "__main__":
    try:
        env = environment.load_env()
        create_secrets(environment.data_dir(env))
        print("both" if environment.runs_own_api(env) else "portal")
    except ImproperlyConfigured as error:
        sys.exit(str(error))
