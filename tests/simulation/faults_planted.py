"""Faults that the simulation has to find, as exact replacements in files of pipelines_portal: see planted.py."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """`name` says what goes wrong."""

    name: str
    file: str
    old: str
    new: str


SENDING = [
    Fault(
        "a lost answer counts as not sent",
        "submissions/outcomes.py",
        'return unconfirmed(f"{sentence(error)} Tasks may have been created.")',
        'return not_sent(f"{sentence(error)} Tasks may have been created.")',
    ),
    Fault(
        "a request is repeated after a time-out",
        "api_client/retries.py",
        """    if isinstance(error, ConnectionFailed):
        return repeat is not Repeat.CREATE or not error.maybe_processed""",
        """    if isinstance(error, ConnectionFailed):
        return True""",
    ),
    Fault(
        "a draft is claimed without a comparison",
        "submissions/models/submission.py",
        "filter(pk=self.pk, status__in=sources).filter(**(only or {})).update(**values)",
        "filter(pk=self.pk).filter(**({} if step == SubmissionStep.CLAIM else only or {})).update(**values)",
    ),
    Fault(
        "a lease is not compared before the next request",
        "entry/import_requests.py",
        "locked = sheet.lock(is_unchanged)",
        "locked = sheet.lock()",
    ),
    Fault(
        "changed rows keep the key of their last try",
        "submissions/models/submission.py",
        """        self.idempotency_key = ""
        Submission.objects.filter(pk=self.pk).update(row_count=self.row_count, idempotency_key="")""",
        "        Submission.objects.filter(pk=self.pk).update(row_count=self.row_count)",
    ),
]
SETTLING = [
    Fault(
        "the outcome is written to the rows after its transaction",
        "submissions/models/submission.py",
        "                outcome_written.send(Submission, submission=self)\n                return is_recorded",
        "                transaction.on_commit(partial(outcome_written.send, Submission, submission=self))\n"
        "                return is_recorded",
    ),
    Fault(
        "an answer is recorded for a later try",
        "submissions/models/submission.py",
        'this_try: dict[str, Any] = {"attempt": self.attempt}',
        "this_try: dict[str, Any] = {}",
    ),
    Fault(
        "tasks of an earlier try are dropped",
        "submissions/models/submission.py",
        "                list_unattributed(self, outcome.task_ids)\n",
        "                if outcome.is_final and attempt == self.attempt:\n"
        "                    list_unattributed(self, outcome.task_ids)\n",
    ),
    Fault(
        "what a killed process sent counts as not sent",
        "submissions/models/submission.py",
        'submission.record(unconfirmed("The connection was lost before Pipelines answered."))',
        'submission.record(Outcome(Status.DRAFT, "The connection was lost."))',
    ),
]
UNDO = [
    Fault(
        "typed rows stay requested after a pause",
        "entry/transitions.py",
        "if sheet.is_typed and sheet.status != Sheet.Status.SENDING:",
        "if sheet.is_typed and sheet.status == Sheet.Status.CHECKED:",
    ),
    Fault(
        "rows leave before the undo is over",
        "entry/models/sheet.py",
        'values["due_at"] = start_at',
        'values["due_at"] = timezone.now()',
    ),
    Fault(
        "drafts of an uncertain try are deleted",
        "entry/import_requests.py",
        "if draft.is_decided_by_person or draft.is_earlier_try_uncertain:",
        "if False:",
    ),
    Fault(
        "an import that is being sent is transferred",
        "entry/statuses.py",
        "CAN_BE_TRANSFERRED = ~Q(status__in=(_S.SENDING, _S.DELETED))",
        "CAN_BE_TRANSFERRED = ~Q(status__in=(_S.DELETED,))",
    ),
]
RESTORE = [
    Fault(
        "nothing is marked after a restore",
        "system/backup/restoring.py",
        "        Submission.objects.all().unconfirm_restored(copied_at, newest)\n",
        "",
    ),
    Fault(
        "untried drafts are not marked after a restore",
        "submissions/models/submission.py",
        "Q(status=Status.DRAFT, is_called_off=False)).order_by()",
        "Q(status=Status.DRAFT, is_called_off=False, attempt__gt=0)).order_by()",
    ),
    Fault(
        "imports are not held after a restore",
        "system/backup/restoring.py",
        "        hold_restored(copied_at, newest)\n",
        "",
    ),
]
RIGHTS = [
    Fault(
        "the right to send is not checked before a request",
        "entry/imports/sending.py",
        """    if not workflow.may_owner_send:
        return texts.NO_ACCESS.format(owner=sheet.owner)
""",
        "",
    ),
    Fault(
        "the right to send is not checked before a repeated request",
        "submissions/sending.py",
        "elif not sendable_keys(submission.owner).filter(pk=submission.key.pk).exists():",
        "elif False:",
    ),
    Fault(
        "people see what others sent with a shared key",
        "submissions/models/submission.py",
        "return self.filter(Q(owner=user) | Q(key__owner=user) | Exists(through_a_team))",
        "return self.filter(Q(owner=user) | Q(key__in=SavedKey.objects.usable_by(user)) | Exists(through_a_team))",
    ),
    Fault(
        "imports are shown after sharing stopped",
        "entry/models/sheet.py",
        "return self.filter(Q(owner=user) | Q(key__owner=user) | Exists(through_a_team))",
        "return self.all()",
    ),
]
RULES = [
    Fault(
        "values that are used once are not recorded",
        "submissions/models/field_value.py",
        "self.bulk_create(values, CHUNK,",
        "self.bulk_create([], CHUNK,",
    ),
    Fault(
        "rejected rows count as tasks",
        "submissions/models/rows.py",
        'is_task = {f"{row}status__in": (RowStatus.CREATED, RowStatus.UNCONFIRMED)}',
        'is_task = {f"{row}status__in": (RowStatus.CREATED, RowStatus.UNCONFIRMED, RowStatus.REJECTED)}',
    ),
    Fault(
        "an accepted warning holds for later versions of the rule",
        "workflows/rules/judge.py",
        'return f"{rule.pk}.{rule.version}.{digest[:16]}"',
        'return f"{rule.pk}.1.{digest[:16]}"',
    ),
    Fault(
        "a corrected copy cannot use the value of its task",
        "entry/used_values.py",
        "first=earlier, corrects_task=corrects_task)",
        "first=earlier, corrects_task=None)",
    ),
    Fault(
        "rows are not judged again before they leave",
        "submissions/kept_rules.py",
        "        if verdict.problems:\n",
        "        if False:\n",
    ),
]
EQUAL_ROWS = [
    Fault(
        "rows are not compared again before they leave",
        "entry/import_requests.py",
        "candidates = [row for row in rows if not row.is_duplicate_wanted]\n    sent",
        "candidates = list[ReadyRow]()\n    sent",
    ),
    Fault(
        "rows that wait in a request count as not sent",
        "submissions/models/rows.py",
        "        | Q(**is_requested)\n",
        "",
    ),
    Fault(
        "a form does not look for rows that were sent",
        "entry/form/creation.py",
        "if existing.duplicate_id and (duplicate",
        "if False and (duplicate",
    ),
    Fault(
        "skipped rows are sent after the next check",
        "entry/rows/checking.py",
        "otherwise = Row.Status.SKIPPED if is_skipped(row) else None",
        "otherwise = None",
    ),
]
UPLOADS = [
    Fault(
        "the right to send is not checked before an archive is confirmed",
        "uploads/polling.py",
        "if not may_poll(upload):",
        "if False:",
    ),
    Fault(
        "a confirm whose answer was lost counts as not taken",
        "uploads/polling.py",
        "    if status not in NOT_CONFIRMED:\n        upload.accept()",
        "    if False:\n        upload.accept()",
    ),
    Fault(
        "an upload that may be confirmed is cancelled",
        "uploads/models.py",
        "self._take_step(UploadStep.GIVE_UP, Stage.CHOSEN, NO_OPEN_CONFIRM, values=values)",
        "self._take_step(UploadStep.GIVE_UP, Stage.CHOSEN, values=values)",
    ),
]
GROUPS = [
    Fault(
        "a mute ends at the next count",
        "attention/grouping.py",
        "group.mute_until is not None and group.mute_until <= now",
        "group.mute_until is not None",
    ),
]
CHANGES = [
    Fault(
        "a cell is saved over what another window typed",
        "entry/rows/saving.py",
        "if cell.before is None or present == plain_line_ends(cell.before):",
        "if True:",
    ),
    Fault(
        "a draft is discarded while an answer may come",
        "submissions/models/submission.py",
        "return is_draft and self.may_be_answered_until is None and not is_being_uploaded",
        "return is_draft and not is_being_uploaded",
    ),
]
FAULTS = [*SENDING, *SETTLING, *UNDO, *RESTORE, *RIGHTS, *RULES, *GROUPS, *EQUAL_ROWS, *UPLOADS, *CHANGES]
