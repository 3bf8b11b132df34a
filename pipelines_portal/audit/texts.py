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
    "sheet": "import",
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


Pattern = str | Callable[[Detail], "Pattern"]


def _by(name: str, patterns: dict[Any, Pattern], otherwise: Pattern) -> Pattern:
    """Choose the pattern by the value of a detail."""
    return lambda detail: patterns.get(detail.get(name), otherwise)


def _with(name: str, pattern: Pattern, otherwise: Pattern) -> Pattern:
    """Choose the first pattern if the event has this detail, and if it is not empty."""
    return lambda detail: pattern if detail.get(name) else otherwise


def _of_oneself(pattern: Pattern, otherwise: Pattern) -> Pattern:
    """Choose the first pattern if the person of the event is the actor."""
    return lambda detail: pattern if detail.get("person") == detail["who"] else otherwise


_PATTERNS: dict[Verb, Pattern] = {
    Verb.SIGNED_IN: "{who} signed in",
    Verb.SIGN_IN_REFUSED: _by(
        "reason",
        {
            PASSWORD: "{who} failed to sign in: incorrect password",
            DEACTIVATED: "{who} failed to sign in: account deactivated",
            CODE: "{who} failed to sign in: incorrect code",
            PASSKEY: "{who} failed to sign in: passkey not accepted",
        },
        "{who} failed to sign in",
    ),
    Verb.SIGN_IN_SLOWED: "{who} tried to sign in too many times",
    Verb.SIGNED_OUT: "{who} signed out",
    Verb.SESSION_ENDED: _by("device", {OTHER_DEVICES: "{who} signed out other devices"}, "{who} signed out {device}"),
    Verb.PASSWORD_CHANGED: "{who} changed their password",
    Verb.PASSWORD_REFUSED: _by("way", {CODE: "{who} entered an incorrect code"}, "{who} entered an incorrect password"),
    Verb.PASSWORD_RESET_REQUESTED: "{who} requested a password reset",
    Verb.PASSWORD_RESET: "{who} reset their password with a link",
    Verb.PASSWORD_SET: "{who} changed the password of {target} on the server",
    Verb.TWO_STEP_ADDED: _by("kind", {PASSKEY: "{who} added a passkey"}, "{who} added an authenticator app"),
    Verb.TWO_STEP_REMOVED: _by("kind", {PASSKEY: "{who} removed a passkey"}, "{who} removed an authenticator app"),
    Verb.RECOVERY_CODES_MADE: "{who} generated recovery codes",
    Verb.PERSON_MADE: _with("how", "{who} created an account with {how}", "{who} created an account for {target}"),
    Verb.INVITED: _with("teams", "{who} invited {target} to {teams} as {role}", "{who} invited {target} as {role}"),
    Verb.INVITATION_RENEWED: "{who} created a new invitation link for {target}",
    Verb.INVITATION_WITHDRAWN: "{who} revoked the invitation of {target}",
    Verb.INVITATION_ACCEPTED: _with(
        "teams",
        "{who} accepted {inviter}’s invitation and joined {teams}",
        "{who} accepted {inviter}’s invitation",
    ),
    Verb.ROLE_CHANGED: "{who} changed the role of {target} from {was} to {role}",
    Verb.PERSON_RENAMED: _with(
        "before",
        _by(
            "kind",
            {NAME_REMOVED: "{who} removed their name ({before})"},
            "{who} changed their name from {before} to {target}",
        ),
        "{who} changed their name to {target}",
    ),
    Verb.PERSON_DEACTIVATED: "{who} deactivated {target}",
    Verb.PERSON_ACTIVATED: "{who} reactivated {target}",
    Verb.RESET_LINK_MADE: "{who} created a password reset link for {target}",
    Verb.RESET_LINK_NOT_MAILED: "{who} created a password reset link that couldn’t be emailed to {target}",
    Verb.TWO_STEP_RESET: "{who} reset two-step verification of {target}",
    Verb.IDP_UNLINKED: "{who} unlinked {target} from {issuer}",
    Verb.TEAM_CREATED: "{who} created team {target}",
    Verb.TEAM_RENAMED: "{who} renamed team {was} to {target}",
    Verb.TEAM_REMOVED: "{who} deleted team {target}",
    Verb.MEMBER_ADDED: _of_oneself(
        "{who} joined team {target}",
        _with("lead", "{who} added {person} to team {target} as lead", "{who} added {person} to team {target}"),
    ),
    Verb.MEMBER_REMOVED: _of_oneself("{who} left team {target}", "{who} removed {person} from team {target}"),
    Verb.LEAD_CHANGED: _with(
        "lead", "{who} made {person} lead of {target}", "{who} removed {person} as lead of {target}"
    ),
    Verb.KEY_SAVED: _by(
        "check",
        {"unknown": "{who} added API key {target} without checking it in Pipelines"},
        "{who} added API key {target}",
    ),
    Verb.KEY_CHECKED: _by(
        "result",
        {
            "works": "{who} checked API key {target}: it works",
            "rejected": "{who} checked API key {target}: it was rejected",
        },
        "{who} checked API key {target}: Pipelines didn’t respond",
    ),
    Verb.KEY_REJECTED: "{who} used API key {target}, and Pipelines rejected it",
    Verb.KEY_RENAMED: "{who} renamed API key {before} to {target}",
    Verb.KEY_SHARED: _with(
        "team", "{who} shared API key {target} with team {team}", "{who} shared API key {target} with {person}"
    ),
    Verb.KEY_SHARING_STOPPED: _with(
        "team",
        "{who} stopped sharing API key {target} with team {team}",
        "{who} stopped sharing API key {target} with {person}",
    ),
    Verb.KEY_EXPIRY_SAID: _with(
        "ends",
        "{who} set the expiry of API key {target} to {ends}",
        _by(
            "expiry",
            {"never": "{who} set API key {target} to never expire"},
            "{who} set the expiry of API key {target} to not known",
        ),
    ),
    Verb.KEY_REPLACED: "{who} replaced key …{before} with API key {target}",
    Verb.KEY_TRANSFERRED: "{who} made {owner} the owner of API key {target} (before: {former_owner})",
    Verb.KEY_REMOVED: "{who} removed API key {target}",
    Verb.WORKFLOW_OPENED: "{who} added workflow {target}",
    Verb.WORKFLOW_FORGOTTEN: "{who} removed workflow {target}",
    Verb.WORKFLOW_NOTES_CHANGED: "{who} changed the instructions and hints of workflow {target}",
    Verb.RULE_CHANGED: "{who}: rule {what} in workflow {target}: {rule}",
    Verb.LIST_CHANGED: "{who}: list {list} of API key {target} {what} ({detail})",
    Verb.TASKS_MUTED: "{who} muted tasks in {target}",
    Verb.GROUP_CHANGED: "{who} changed a group of tasks in {target}",
    Verb.TASKS_UNMUTED: "{who} unmuted tasks in {target}",
    Verb.MISTAKES_MARKED: "{who} marked tasks in {target} as mistakes",
    Verb.MISTAKES_CLEARED: "{who} unmarked mistakes in {target}",
    Verb.TASKS_EXPORTED: "{who} exported tasks of {target}",
    Verb.SUBMISSION_SENT: _with(
        "import",
        _with("batch", "{who} sent batch {batch} of import {import}: {target}", "{who} sent {target}"),
        "{who} sent {target}",
    ),
    Verb.SUBMISSION_DECIDED: _by(
        "tasks",
        {
            0: "{who} decided that the unconfirmed send {target} created nothing",
            1: "{who} decided that the unconfirmed send {target} created {tasks} task",
        },
        "{who} decided that the unconfirmed send {target} created {tasks} tasks",
    ),
    Verb.SUBMISSION_DISCARDED: "{who} deleted the draft {target}",
    Verb.SUBMISSION_EXPORTED: "{who} exported the errors of {target}",
    Verb.SUBMISSIONS_EXPORTED: "{who} exported a list of Sent",
    Verb.IMPORT_BEGUN: "{who} started import {target}",
    Verb.IMPORT_SENT: "{who} sent import {target}",
    Verb.IMPORT_STOPPED: _by("how", {PAUSE: "{who} paused import {target}"}, "{who} stopped import {target}"),
    Verb.IMPORT_TRANSFERRED: "{who} transferred import {target} from {former_owner} to {owner}",
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
    while not isinstance(pattern, str):
        pattern = pattern(detail)
    return pattern
