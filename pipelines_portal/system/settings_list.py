"""The settings as the System page lists them: value and source, without secrets."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipelines_portal.core.environment import source_of
from pipelines_portal.core.settings_reference import GROUPS, Setting

DEFAULT, SET = "default", "set"


@dataclass(frozen=True)
class ListedSetting:
    name: str
    value: str
    source: str

    @property
    def is_default(self) -> bool:
        return self.source == DEFAULT


def list_settings() -> list[tuple[str, list[ListedSetting]]]:
    """Return the groups of settings with their titles."""
    return [(title, [_listed(each) for each in group]) for title, group in GROUPS]


def _listed(setting: Setting) -> ListedSetting:
    source = source_of(setting.name)
    if source == DEFAULT:
        return ListedSetting(setting.name, (setting.default or setting.unset).replace("`", ""), source)
    value = os.environ.get(setting.name, "").strip()
    return ListedSetting(setting.name, SET if setting.secret or _may_hold_secret(value) else value, source)


def _may_hold_secret(value: str) -> bool:
    """Return True for a URL with a user or a query, and for a value from a file, which is not in the environment."""
    if not value:
        return True
    try:
        parts = urlsplit(value)
    except ValueError:
        return True
    return "://" in value and ("@" in value or "pass" in parts.query.lower() or "secret" in parts.query.lower())
