"""Step 1: check a chosen archive, store the choice as a draft, and find earlier uploads of the same archive."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.acceptances import accepted_now, record_acceptances
from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.archive.directory import Tail, Unusable, read_directory
from pipelines_portal.uploads.archive.findings import Problem
from pipelines_portal.uploads.archive.preview import (
    Preview,
    preview_before_rows,
    preview_of_archive,
    preview_of_rows,
    row_entry,
)
from pipelines_portal.uploads.forms import ChosenFile
from pipelines_portal.uploads.given_rows import Corrections, GivenRow
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.fields.verdicts import Problem as Warned
from pipelines_portal.workflows.models import OpenedWorkflow


@dataclass
class CheckedArchive:
    """A checked archive: the preview, and the rows with the entries that make them."""

    preview: Preview
    rows: list[FieldValues] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    # The warnings of rows that the person accepted, by index, and why.
    accepted: dict[int, list[tuple[Warned, str]]] = field(default_factory=dict)


def paths_of(file: ChosenFile) -> frozenset[str]:
    """Return the paths of the archive's files, or none if it cannot be used. Raise TailTooShort."""
    try:
        return frozenset(read_directory(Tail(file.tail, file.size)).files)
    except Unusable:
        return frozenset()


def check_archive(
    file: ChosenFile,
    schema: Schema,
    given: list[GivenRow] | None,
    corrections: Corrections | None = None,
    *,
    leaves_out_errors: bool = False,
) -> CheckedArchive:
    """Preview the tasks of an archive with the `given` rows, or by itself if that is None. Raise TailTooShort.

    An empty list means that the rows are still missing. Rows whose file the archive does not hold get an error. Rows
    with warnings that nobody has accepted are left out.
    """
    try:
        directory = read_directory(Tail(file.tail, file.size))
        if given is not None and not given:
            return CheckedArchive(preview_before_rows(directory))
        if given is not None:
            preview = preview_of_rows(given, directory, schema)
            preview.leaves_out_errors = leaves_out_errors
            sent = [row for row in given if not row.is_odd and not (leaves_out_errors and row.errors)]
            values, entries = [row.values for row in sent], [row_entry(row, schema) for row in sent]
            return CheckedArchive(preview, values, entries, _accepted_in(sent, corrections) if corrections else {})
        preview, derived = preview_of_archive(directory, schema)
    except Unusable as error:
        problem = Problem("error", error.title, error.advice, list(error.examples))
        return CheckedArchive(Preview(problems=[problem]))
    return CheckedArchive(preview, [dict(row.files) for row in derived], [row.entry for row in derived])


def _accepted_in(rows: list[GivenRow], corrections: Corrections) -> dict[int, list[tuple[Warned, str]]]:
    """Return what was accepted of rows that have no error, by their indexes, with the reasons."""
    return {
        index: [(warning, corrections.accepted_in(row.number)[warning.mark]) for warning in row.accepted]
        for index, row in enumerate(rows)
        if row.accepted
    }


def save_choice(
    owner: User, workflow: OpenedWorkflow, file: ChosenFile, checked: CheckedArchive, token: UUID
) -> ZipUpload:
    """Store the choice as a draft. The next check of the same page replaces it until the upload is started."""
    chosen = {
        "file_name": file.name,
        "size_bytes": file.size,
        "fingerprint": file.fingerprint,
        "levels_left_out": file.levels_left_out,
        "task_count": len(checked.rows),
        "sends_rows": not checked.preview.is_derived,
        "rows_left_out": checked.preview.left_out_count,
        "entries": checked.entries,
        "preview": checked.preview.as_json(),
    }
    with transaction.atomic():
        earlier = ZipUpload.objects.select_for_update().filter(submission__owner=owner, submission__token=token).first()
        if earlier and not earlier.replace_choice(chosen):
            earlier, token = None, uuid4()
        kind = Submission.Kind.ZIP
        submission = Submission.objects.draft(owner, workflow, checked.rows, token, kind)
        if submission.status != Submission.Status.DRAFT:
            submission = Submission.objects.draft(owner, workflow, checked.rows, uuid4(), kind)
        accepted = {
            index: [(warning, accepted_now(warning, owner, why)) for warning, why in warnings]
            for index, warnings in checked.accepted.items()
        }
        record_acceptances(submission, accepted)
        return earlier or ZipUpload.objects.create(submission=submission, **chosen)


def token_beside(owner: User, token: UUID, rows_from: str) -> UUID:
    """Return another token if that of the page is the token of the draft `rows_from`.

    The draft is the only place of its rows, and stays as it is while some of them are left out.
    """
    of_page = Submission.objects.filter(owner=owner, token=token).values_list("pk", flat=True)
    return uuid5(token, "rows left out") if rows_from in map(str, of_page) else token


def discard_choice(owner: User, token: UUID, rows_from: str) -> None:
    """Delete the choice of a page after an archive was chosen that cannot be used. The draft `rows_from` stays."""
    chosen = ZipUpload.objects.filter(submission__owner=owner, submission__token=token, stage=Stage.CHOSEN)
    with transaction.atomic():
        drafts = [upload.submission_id for upload in chosen.select_for_update()]
        stays = [draft for draft in drafts if str(draft) == rows_from]
        ZipUpload.objects.filter(submission__in=stays, stage=Stage.CHOSEN).delete()
        Submission.objects.filter(pk__in=drafts, status=Submission.Status.DRAFT).exclude(pk__in=stays).delete()


SHOWN = 3


@dataclass(frozen=True)
class EarlierUpload:
    """An upload of the same archive. `is_visible` tells whether the person may see it."""

    upload: ZipUpload
    is_mine: bool
    is_visible: bool

    @property
    def submission(self) -> Submission:
        return self.upload.submission


def earlier_uploads(user: User, upload: ZipUpload) -> list[EarlierUpload]:
    """Return the newest uploads of the same archive to the same workflow, with any key that the person may use.

    They are a warning, and never block an upload.
    """
    if not upload.fingerprint:
        return []
    # Those that were only checked, or whose link expired without a confirm, made no tasks.
    is_alive = Q(expires_at__gt=timezone.now()) | Q(confirming_until__isnull=False)
    may_have_tasks = ~Q(stage__in=(Stage.CHOSEN, Stage.UPLOADING)) | (Q(stage=Stage.UPLOADING) & is_alive)
    same = ZipUpload.objects.with_submission().filter(
        may_have_tasks,
        fingerprint=upload.fingerprint,
        size_bytes=upload.size_bytes,
        submission__workflow_id=upload.submission.workflow_id,
        submission__key__in=SavedKey.objects.usable_by(user),
    )
    found = list(same.exclude(pk=upload.pk).order_by("-created_at")[:SHOWN])
    visible = Submission.objects.visible_to(user).filter(pk__in=[each.submission_id for each in found])
    open_to_them = set(visible.values_list("pk", flat=True))
    return [
        EarlierUpload(each, each.submission.owner_id == user.pk, each.submission_id in open_to_them) for each in found
    ]
