"""The process environment, over a `.env` file: values as they stand, and what is blank as if it were not there."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

# Behind a value that is quoted whole, one without quotes, or none; a # within a value stays.
COMMENT_BEHIND = re.compile(
    r"""^((?:export\ )?\w+=(?:"[^"\n]*"|'[^'\n]*'|[^'"\s#][^\n]*?|))[ \t]+\#.*$""", re.MULTILINE | re.VERBOSE
)


class Environment(environ.Env):  # type: ignore[misc]
    """environ.Env takes a value that begins with $ for the name of another variable: a password may begin so."""

    def get_value(self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False) -> Any:
        """`default` as it is, unless parsing is asked for."""
        value = str(self.ENVIRON.get(var, "")).strip()
        if value:
            return self.parse_value(value, cast)
        return self.parse_value(default, cast) if parse_default else default


def read_env_file(file: Path) -> None:
    """What `file` has goes into the environment where that has nothing itself. A file that is not there is none."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"The file {file} must be UTF-8: save it so.") from error
    except OSError as error:
        raise ImproperlyConfigured(f"The file {file} cannot be read ({error.strerror}).") from error
    environ.Env.read_env(StringIO(COMMENT_BEHIND.sub(r"\1", text)))
