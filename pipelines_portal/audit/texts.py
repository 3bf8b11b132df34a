"""The sentences of the audit log.

In a pattern, `{who}` is the actor, `{target}` what was changed, and any other name a detail of the event.
"""

from collections.abc import Callable
from typing import Any

from pipelines_portal.audit.verbs import Verb

Detail = dict[str, Any]
# The actor of an event without a person.
SYSTEM, NOT_SIGNED_IN = "System", "Someone"
PASSWORD, CODE, PASSKEY, DEACTIVATED = "password", "code", "passkey", "deactivated"
# The kind of a change of name that left none.
NAME_REMOVED = "removed"
OTHER_DEVICES = "all others"
PAUSE, STOP = "pause", "stop"
# Details that choose the sentence.
TOLD_NAMES = {"lead", "kind", "way", "result", "check", "ends", "expiry"}
TOLD_VALUES = {("attempt", "1"), ("reason", PASSWORD), ("reason", CODE), ("reason", PASSKEY), ("device", OTHER_DEVICES)}
TOLD_VALUES |= {("reason", DEACTIVATED), ("how", PAUSE), ("how", STOP), ("outcome", "draft")}
FACT_NAMES = {
    "how": "method",
    "ends": "expires",
    "was": "before",
    "on": "page",
    "seconds": "seconds to wait",
}
# What the targets of events are, by the names of their models.
KINDS = {
    "user": "person",
    "invitation": "the invitation of",
    "team": "team",
    "savedkey": "API key",
    "openedworkflow": "workflow",
    "submission": "send",
    "importjob": "import",
}
# The sentence of an event with fewer details than its pattern names, by whether it has a target.
WITH_TARGET = {True: "{who}: {label} ({target})", False: "{who}: {label}"}


def only_about(target_type: str, label: str) -> str:
    """Return what the list is limited to. `label` is empty if nothing is recorded about the target."""
    if not label:
        return "Only events about one person or thing"
    return f"Only events about {KINDS.get(target_type, '')} {label}".replace("  ", " ")


def task_ids(ids: list[int]) -> str:
    return f"task {ids[0]}" if len(ids) == 1 else f"task IDs: {', '.join(map(str, ids))}"


def _failed_sign_in(detail: Detail) -> str:
    if detail.get("reason") == PASSWORD:
        return "{who} failed to sign in: incorrect password"
    if detail.get("reason") == DEACTIVATED:
        return "{who} failed to sign in: account deactivated"
    if detail.get("reason") == CODE:
        return "{who} failed to sign in: incorrect code"
    if detail.get("reason") == PASSKEY:
        return "{who} failed to sign in: passkey not accepted"
    return "{who} failed to sign in"


def _wrong_password(detail: Detail) -> str:
    return "{who} entered an incorrect code" if detail.get("way") == CODE else "{who} entered an incorrect password"


def _ended_session(detail: Detail) -> str:
    return "{who} signed out other devices" if detail.get("device") == OTHER_DEVICES else "{who} signed out {device}"


def _added_step(detail: Detail) -> str:
    return "{who} added a passkey" if detail.get("kind") == PASSKEY else "{who} added an authenticator app"


def _removed_step(detail: Detail) -> str:
    return "{who} removed a passkey" if detail.get("kind") == PASSKEY else "{who} removed an authenticator app"


def _created_account(detail: Detail) -> str:
    return "{who} created an account with {how}" if "how" in detail else "{who} created an account for {target}"


def _invited(detail: Detail) -> str:
    if detail.get("teams"):
        return "{who} invited {target} to {teams} as {role}"
    return "{who} invited {target} as {role}"


def _accepted(detail: Detail) -> str:
    if detail.get("teams"):
        return "{who} accepted {inviter}’s invitation and joined {teams}"
    return "{who} accepted {inviter}’s invitation"


def _renamed_person(detail: Detail) -> str:
    if detail.get("before") and detail.get("kind") == NAME_REMOVED:
        return "{who} removed their name ({before})"
    if detail.get("before"):
        return "{who} changed their name from {before} to {target}"
    return "{who} changed their name to {target}"


def _added_member(detail: Detail) -> str:
    if detail.get("person") == detail["who"]:
        return "{who} joined team {target}"
    if detail.get("lead"):
        return "{who} added {person} to team {target} as lead"
    return "{who} added {person} to team {target}"


def _removed_member(detail: Detail) -> str:
    if detail.get("person") == detail["who"]:
        return "{who} left team {target}"
    return "{who} removed {person} from team {target}"


def _changed_lead(detail: Detail) -> str:
    return (
        "{who} made {person} lead of {target}" if detail.get("lead") else "{who} removed {person} as lead of {target}"
    )


def _saved_key(detail: Detail) -> str:
    if detail.get("check") == "unknown":
        return "{who} added API key {target} without checking it in Pipelines"
    return "{who} added API key {target}"


def _checked_key(detail: Detail) -> str:
    if detail.get("result") == "works":
        return "{who} checked API key {target}: it works"
    if detail.get("result") == "rejected":
        return "{who} checked API key {target}: it was rejected"
    return "{who} checked API key {target}: Pipelines didn’t respond"


def _shared_key(detail: Detail) -> str:
    if "team" in detail:
        return "{who} shared API key {target} with team {team}"
    return "{who} shared API key {target} with {person}"


def _unshared_key(detail: Detail) -> str:
    if "team" in detail:
        return "{who} stopped sharing API key {target} with team {team}"
    return "{who} stopped sharing API key {target} with {person}"


def _key_expiry(detail: Detail) -> str:
    if detail.get("ends"):
        return "{who} set the expiry of API key {target} to {ends}"
    if detail.get("expiry") == "never":
        return "{who} set API key {target} to never expire"
    return "{who} set the expiry of API key {target} to not known"


def _sent(detail: Detail) -> str:
    if detail.get("import") and detail.get("batch"):
        return "{who} sent batch {batch} of import {import}: {target}"
    return "{who} sent {target}"


def _decided(detail: Detail) -> str:
    if detail.get("tasks") == 0:
        return "{who} decided that the unconfirmed send {target} created nothing"
    if detail.get("tasks") == 1:
        return "{who} decided that the unconfirmed send {target} created {tasks} task"
    return "{who} decided that the unconfirmed send {target} created {tasks} tasks"


def _stopped_import(detail: Detail) -> str:
    return "{who} paused import {target}" if detail.get("how") == PAUSE else "{who} stopped import {target}"


_PATTERNS: dict[Verb, str | Callable[[Detail], str]] = {
    Verb.SIGNED_IN: "{who} signed in",
    Verb.SIGN_IN_REFUSED: _failed_sign_in,
    Verb.SIGN_IN_SLOWED: "{who} tried to sign in too many times",
    Verb.SIGNED_OUT: "{who} signed out",
    Verb.SESSION_ENDED: _ended_session,
    Verb.PASSWORD_CHANGED: "{who} changed their password",
    Verb.PASSWORD_REFUSED: _wrong_password,
    Verb.PASSWORD_RESET_ASKED: "{who} requested a password reset",
    Verb.PASSWORD_RESET: "{who} reset their password with a link",
    Verb.PASSWORD_SET: "{who} changed the password of {target} on the server",
    Verb.SECOND_STEP_ADDED: _added_step,
    Verb.SECOND_STEP_REMOVED: _removed_step,
    Verb.RECOVERY_CODES_MADE: "{who} generated recovery codes",
    Verb.PERSON_MADE: _created_account,
    Verb.INVITED: _invited,
    Verb.INVITATION_RENEWED: "{who} created a new invitation link for {target}",
    Verb.INVITATION_WITHDRAWN: "{who} revoked the invitation of {target}",
    Verb.INVITATION_ACCEPTED: _accepted,
    Verb.ROLE_CHANGED: "{who} changed the role of {target} from {was} to {role}",
    Verb.PERSON_RENAMED: _renamed_person,
    Verb.PERSON_DEACTIVATED: "{who} deactivated {target}",
    Verb.PERSON_ACTIVATED: "{who} reactivated {target}",
    Verb.RESET_LINK_MADE: "{who} created a password reset link for {target}",
    Verb.RESET_LINK_NOT_MAILED: "{who} created a password reset link that couldn’t be emailed to {target}",
    Verb.SECOND_STEP_RESET: "{who} reset two-step verification of {target}",
    Verb.ISSUER_UNLINKED: "{who} unlinked {target} from {issuer}",
    Verb.TEAM_CREATED: "{who} created team {target}",
    Verb.TEAM_RENAMED: "{who} renamed team {was} to {target}",
    Verb.TEAM_REMOVED: "{who} deleted team {target}",
    Verb.MEMBER_ADDED: _added_member,
    Verb.MEMBER_REMOVED: _removed_member,
    Verb.LEAD_CHANGED: _changed_lead,
    Verb.KEY_SAVED: _saved_key,
    Verb.KEY_CHECKED: _checked_key,
    Verb.KEY_REJECTED: "{who} used API key {target}, and Pipelines rejected it",
    Verb.KEY_RENAMED: "{who} renamed API key {before} to {target}",
    Verb.KEY_SHARED: _shared_key,
    Verb.KEY_TAKEN_BACK: _unshared_key,
    Verb.KEY_EXPIRY_SAID: _key_expiry,
    Verb.KEY_REPLACED: "{who} replaced key …{before} with API key {target}",
    Verb.KEY_REPLACE_UNDONE: "{who} undid a replacement: API key {target} is used again, no longer …{instead}",
    Verb.KEY_HANDED_OVER: "{who} made {owner} the owner of API key {target} (before: {former_owner})",
    Verb.KEY_REMOVED: "{who} removed API key {target}",
    Verb.WORKFLOW_OPENED: "{who} added workflow {target}",
    Verb.WORKFLOW_FORGOTTEN: "{who} removed workflow {target}",
    Verb.WORKFLOW_NOTES_CHANGED: "{who} changed the instructions and hints of workflow {target}",
    Verb.TASKS_MUTED: "{who} muted tasks in {target}",
    Verb.TASKS_UNMUTED: "{who} unmuted tasks in {target}",
    Verb.MISTAKES_MARKED: "{who} marked tasks in {target} as mistakes",
    Verb.MISTAKES_CLEARED: "{who} unmarked mistakes in {target}",
    Verb.TASKS_EXPORTED: "{who} exported tasks of {target}",
    Verb.SUBMISSION_SENT: _sent,
    Verb.SUBMISSION_DECIDED: _decided,
    Verb.SUBMISSION_DISCARDED: "{who} deleted the draft {target}",
    Verb.SUBMISSION_EXPORTED: "{who} exported the errors of {target}",
    Verb.SUBMISSIONS_EXPORTED: "{who} exported a list of Sent",
    Verb.IMPORT_BEGUN: "{who} started import {target}",
    Verb.IMPORT_SENT: "{who} sent import {target}",
    Verb.IMPORT_STOPPED: _stopped_import,
    Verb.IMPORT_HANDED_OVER: "{who} handed over import {target} from {former_owner} to {owner}",
    Verb.IMPORT_DELETED: "{who} deleted import {target}",
    Verb.IMPORT_RESTORED: "{who} restored import {target}",
    Verb.RESTORED_IMPORT_DECIDED: "{who} said what import {target} had sent before the portal was restored",
    Verb.IMPORT_EXPORTED: "{who} exported rows of import {target}",
    Verb.EVENTS_EXPORTED: "{who} exported the audit log",
    Verb.RECOVERY_FILE_DOWNLOADED: "{who} downloaded the recovery file",
    Verb.RECOVERY_FILE_SAVED: "{who} confirmed that the recovery file is saved",
    Verb.SETTING_CHANGED: "{who} changed {target}",
}


def pattern_of(verb: str, detail: Detail) -> str:
    """Return the pattern of an event. `detail` also has `who`."""
    if verb not in Verb.values:
        return "{label}"
    pattern = _PATTERNS[Verb(verb)]  # type: ignore[call-arg]  # a look-up by value
    return pattern if isinstance(pattern, str) else pattern(detail)
