"""The acts that the audit log records, each with its group and its name in filters. Sentences are in texts.py."""

from django.db.models import TextChoices


class Group(TextChoices):
    """The groups of verbs, in the order of the filter."""

    PEOPLE = "people", "People and invitations"
    TEAMS = "teams", "Teams"
    KEYS = "keys", "API keys"
    WORKFLOWS = "workflows", "Workflows"
    TASKS = "tasks", "Tasks"
    SUBMISSIONS = "submissions", "Sent"
    IMPORTS = "imports", "Imports"
    PORTAL = "portal", "Portal"
    SIGNING_IN = "signing-in", "Sign-in"


class Verb(TextChoices):
    """Each verb is a value, a group and a label."""

    group: Group

    def __new__(cls, name: str, group: Group) -> "Verb":
        verb = str.__new__(cls, name)
        verb._value_, verb.group = name, group
        return verb

    SIGNED_IN = "signed-in", Group.SIGNING_IN, "Signed in"
    SIGN_IN_REFUSED = "sign-in-refused", Group.SIGNING_IN, "Failed to sign in"
    SIGN_IN_SLOWED = "sign-in-slowed", Group.SIGNING_IN, "Too many sign-in attempts"
    SIGNED_OUT = "signed-out", Group.SIGNING_IN, "Signed out"
    SESSION_ENDED = "session-ended", Group.SIGNING_IN, "Signed out a device"
    PASSWORD_CHANGED = "password-changed", Group.SIGNING_IN, "Changed password"
    PASSWORD_REFUSED = "password-refused", Group.SIGNING_IN, "Entered an incorrect password"
    PASSWORD_RESET_REQUESTED = "password-reset-asked", Group.SIGNING_IN, "Requested a password reset"
    PASSWORD_RESET = "password-reset", Group.SIGNING_IN, "Reset password with a link"
    PASSWORD_SET = "password-set", Group.SIGNING_IN, "Password changed on the server"
    TWO_STEP_ADDED = "second-step-added", Group.SIGNING_IN, "Added two-step verification"
    TWO_STEP_REMOVED = "second-step-removed", Group.SIGNING_IN, "Removed two-step verification"
    RECOVERY_CODES_MADE = "recovery-codes-made", Group.SIGNING_IN, "Generated recovery codes"
    PERSON_MADE = "person-made", Group.PEOPLE, "Created an account"
    INVITED = "invited", Group.PEOPLE, "Invited a person"
    INVITATION_RENEWED = "invitation-renewed", Group.PEOPLE, "Created a new invitation link"
    INVITATION_WITHDRAWN = "invitation-withdrawn", Group.PEOPLE, "Revoked an invitation"
    INVITATION_ACCEPTED = "invitation-accepted", Group.PEOPLE, "Accepted an invitation"
    ROLE_CHANGED = "role-changed", Group.PEOPLE, "Changed a role"
    PERSON_RENAMED = "person-renamed", Group.PEOPLE, "Changed their name"
    PERSON_DEACTIVATED = "person-deactivated", Group.PEOPLE, "Deactivated a person"
    PERSON_ACTIVATED = "person-activated", Group.PEOPLE, "Reactivated a person"
    RESET_LINK_MADE = "reset-link-made", Group.PEOPLE, "Created a reset link"
    RESET_LINK_NOT_MAILED = "reset-link-not-mailed", Group.PEOPLE, "Reset link couldn’t be emailed"
    TWO_STEP_RESET = "second-step-reset", Group.PEOPLE, "Reset two-step verification"
    IDP_UNLINKED = "issuer-unlinked", Group.PEOPLE, "Unlinked a person from single sign-on"
    TEAM_CREATED = "team-created", Group.TEAMS, "Created a team"
    TEAM_RENAMED = "team-renamed", Group.TEAMS, "Renamed a team"
    TEAM_REMOVED = "team-removed", Group.TEAMS, "Deleted a team"
    MEMBER_ADDED = "member-added", Group.TEAMS, "Added a team member"
    MEMBER_REMOVED = "member-removed", Group.TEAMS, "Removed a team member"
    LEAD_CHANGED = "lead-changed", Group.TEAMS, "Changed a team lead"
    KEY_SAVED = "key-saved", Group.KEYS, "Added an API key"
    KEY_CHECKED = "key-checked", Group.KEYS, "Checked an API key"
    KEY_REJECTED = "key-rejected", Group.KEYS, "API key rejected"
    KEY_RENAMED = "key-renamed", Group.KEYS, "Renamed an API key"
    KEY_SHARED = "key-shared", Group.KEYS, "Shared an API key"
    KEY_SHARING_STOPPED = "key-taken-back", Group.KEYS, "Stopped sharing an API key"
    KEY_EXPIRY_SAID = "key-expiry-said", Group.KEYS, "Set an API key’s expiry"
    KEY_REPLACED = "key-replaced", Group.KEYS, "Replaced an API key"
    KEY_TRANSFERRED = "key-handed-over", Group.KEYS, "Changed an API key’s owner"
    KEY_REMOVED = "key-removed", Group.KEYS, "Removed an API key"
    WORKFLOW_OPENED = "workflow-opened", Group.WORKFLOWS, "Added a workflow"
    WORKFLOW_FORGOTTEN = "workflow-forgotten", Group.WORKFLOWS, "Removed a workflow"
    WORKFLOW_NOTES_CHANGED = "workflow-notes-changed", Group.WORKFLOWS, "Changed instructions and hints"
    RULE_CHANGED = "rule-changed", Group.WORKFLOWS, "Changed a rule"
    LIST_CHANGED = "list-changed", Group.WORKFLOWS, "Changed a list"
    TASKS_MUTED = "tasks-muted", Group.TASKS, "Muted tasks"
    TASKS_UNMUTED = "tasks-unmuted", Group.TASKS, "Unmuted tasks"
    MISTAKES_MARKED = "mistakes-marked", Group.TASKS, "Marked mistakes"
    MISTAKES_CLEARED = "mistakes-cleared", Group.TASKS, "Unmarked mistakes"
    GROUP_CHANGED = "group-changed", Group.TASKS, "Changed a group of tasks"
    TASKS_EXPORTED = "tasks-exported", Group.TASKS, "Exported tasks"
    SUBMISSION_SENT = "submission-sent", Group.SUBMISSIONS, "Sent rows or files"
    SUBMISSION_DECIDED = "submission-decided", Group.SUBMISSIONS, "Decided about something unconfirmed"
    SUBMISSION_DISCARDED = "submission-discarded", Group.SUBMISSIONS, "Deleted a draft"
    SUBMISSION_EXPORTED = "submission-exported", Group.SUBMISSIONS, "Exported errors"
    SUBMISSIONS_EXPORTED = "submissions-exported", Group.SUBMISSIONS, "Exported Sent"
    IMPORT_BEGUN = "import-begun", Group.IMPORTS, "Started an import"
    IMPORT_SENT = "import-sent", Group.IMPORTS, "Sent an import"
    IMPORT_STOPPED = "import-stopped", Group.IMPORTS, "Paused or stopped an import"
    IMPORT_TRANSFERRED = "import-handed-over", Group.IMPORTS, "Transferred an import"
    IMPORT_DELETED = "import-deleted", Group.IMPORTS, "Deleted an import"
    IMPORT_RESTORED = "import-restored", Group.IMPORTS, "Restored an import"
    RESTORED_IMPORT_DECIDED = "restored-import-decided", Group.IMPORTS, "Said what an import had sent before a restore"
    IMPORT_EXPORTED = "import-exported", Group.IMPORTS, "Exported an import’s rows"
    EVENTS_EXPORTED = "events-exported", Group.PORTAL, "Exported the audit log"
    RECOVERY_FILE_DOWNLOADED = "recovery-file-downloaded", Group.PORTAL, "Downloaded the recovery file"
    RECOVERY_FILE_SAVED = "recovery-file-saved", Group.PORTAL, "Confirmed that the recovery file is saved"
    SETTING_CHANGED = "setting-changed", Group.PORTAL, "Changed a setting"


def verbs_named(name: str) -> tuple[str, ...]:
    """Return all verbs of the group `name`, or the verb `name` alone, or nothing for any other name."""
    if name in Verb.values:
        return (name,)
    return tuple(verb.value for verb in Verb if verb.group == name)
