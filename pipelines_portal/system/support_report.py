"""The support report: what somebody who helps needs to know of an installation, without secrets and without names."""

from collections.abc import Iterable

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.decryption import read_decryption
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.system.reads import read_sections
from pipelines_portal.system.rows import SystemSection
from pipelines_portal.system.settings_list import list_settings
from pipelines_portal.workflows.models import OpenedWorkflow

# Their rows name people, keys and groups.
WITH_NAMES = ("api-keys", "sign-in")


def build_report() -> str:
    """Return the report as plain text."""
    parts = [f"Pipelines Portal, support report of {timezone.now():%Y-%m-%d %H:%M} UTC", *_checks(read_sections())]
    parts += ["", "Counts", *_counts(), "", "Settings that are set", *_settings()]
    return "\n".join(parts) + "\n"


def _checks(sections: Iterable[SystemSection]) -> Iterable[str]:
    for section in sections:
        if section.anchor in WITH_NAMES:
            state = "Problem" if section.has_problem else "OK"
            yield from ("", section.title, f"  {state}")
            continue
        yield from ("", section.title)
        for row in section.rows:
            at = f" {row.at:%Y-%m-%d %H:%M} UTC" if row.at else ""
            yield f"  {row.name}: {row.value}{at}{f' [{row.word}]' if row.word else ''}"
            if row.advice:
                yield f"    {row.advice}"


def _counts() -> Iterable[str]:
    decryption = read_decryption()
    yield f"  People: {User.objects.filter(is_active=True).count():,}"
    yield f"  API keys: {decryption.keys:,}, {decryption.lost:,} of them can’t be decrypted"
    yield f"  Rejected API keys: {SavedKey.objects.filter(rejected_at__isnull=False).count():,}"
    yield f"  Workflows: {OpenedWorkflow.objects.count():,}"
    yield f"  Imports: {Sheet.objects.count():,}"
    unconfirmed = Submission.objects.filter(status=Submission.Status.UNCONFIRMED).count()
    yield f"  Sent: {Submission.objects.count():,}, {unconfirmed:,} of them unconfirmed"


def _settings() -> Iterable[str]:
    listed = [each for _, group in list_settings() for each in group if not each.is_default]
    yield from (f"  {each.name}={each.value} ({each.source})" for each in listed) if listed else ("  None",)
