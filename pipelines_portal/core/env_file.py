"""Reading environment variables and the `.env` file with django-environ."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

# A comment behind a value. django-environ's own option takes a # within a value for the beginning of one, too.
COMMENT = re.compile(
    r"""^((?:export\ )?\w+=(?:"[^"\n]*"|'[^'\n]*'|[^'"\s#][^\n]*?|))[ \t]+\#.*$""", re.MULTILINE | re.VERBOSE
)


class Environment(environ.Env):  # type: ignore[misc]
    """environ.Env, for which a value that begins with $ is that value and not the name of another variable.

    A password may begin so. A blank value counts as unset.
    """

    def get_value(self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False) -> Any:
        value = str(self.ENVIRON.get(var, "")).strip()
        if value:
            return self.parse_value(value, cast)
        return self.parse_value(default, cast) if parse_default else default


def read_env_file(file: Path) -> None:
    """Set the variables of `file`, if it exists, that the environment does not have."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"The file {file} must be UTF-8: save it so.") from error
    except OSError as error:
        raise ImproperlyConfigured(f"The file {file} cannot be read ({error.strerror}).") from error
    environ.Env.read_env(StringIO(COMMENT.sub(r"\1", text)))
