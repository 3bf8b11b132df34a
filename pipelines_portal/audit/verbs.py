"""The acts that the audit log records, each with its group and the words in which it is shown."""

from django.db.models import TextChoices


class Group(TextChoices):
    """The groups of verbs, in the order of the filter."""

    PEOPLE = "people", "People and invitations"
    TEAMS = "teams", "Teams"
    KEYS = "keys", "Keys"
    WORKFLOWS = "workflows", "Workflows"
    TASKS = "tasks", "Tasks"
    SUBMISSIONS = "submissions", "Submissions"
    IMPORTS = "imports", "Imports"
    PORTAL = "portal", "The portal"
    SIGNING_IN = "signing-in", "Signing in"


class Verb(TextChoices):
    """Each verb is a name, a group and words that follow the person in a sentence."""

    group: Group

    def __new__(cls, name: str, group: Group) -> "Verb":
        verb = str.__new__(cls, name)
        verb._value_, verb.group = name, group
        return verb

    SIGNED_IN = "signed-in", Group.SIGNING_IN, "signed in"
    SIGN_IN_REFUSED = "sign-in-refused", Group.SIGNING_IN, "was refused at sign-in"
    SIGN_IN_SLOWED = "sign-in-slowed", Group.SIGNING_IN, "was made to wait at sign-in"
    SIGNED_OUT = "signed-out", Group.SIGNING_IN, "signed out"
    SESSION_ENDED = "session-ended", Group.SIGNING_IN, "ended a session"
    PASSWORD_CHANGED = "password-changed", Group.SIGNING_IN, "changed the password"
    PASSWORD_REFUSED = "password-refused", Group.SIGNING_IN, "gave a wrong password"
    PASSWORD_RESET_ASKED = "password-reset-asked", Group.SIGNING_IN, "asked for a new password"
    PASSWORD_RESET = "password-reset", Group.SIGNING_IN, "set a new password by a link"
    PASSWORD_SET = "password-set", Group.SIGNING_IN, "set the password of"
    SECOND_STEP_ADDED = "second-step-added", Group.SIGNING_IN, "added a second step"
    SECOND_STEP_REMOVED = "second-step-removed", Group.SIGNING_IN, "removed a second step"
    RECOVERY_CODES_MADE = "recovery-codes-made", Group.SIGNING_IN, "made recovery codes"
    PERSON_MADE = "person-made", Group.PEOPLE, "made an account"
    INVITED = "invited", Group.PEOPLE, "invited"
    INVITATION_RENEWED = "invitation-renewed", Group.PEOPLE, "renewed an invitation"
    INVITATION_WITHDRAWN = "invitation-withdrawn", Group.PEOPLE, "withdrew an invitation"
    INVITATION_ACCEPTED = "invitation-accepted", Group.PEOPLE, "accepted an invitation"
    ROLE_CHANGED = "role-changed", Group.PEOPLE, "changed the role of"
    PERSON_RENAMED = "person-renamed", Group.PEOPLE, "renamed a person"
    PERSON_DEACTIVATED = "person-deactivated", Group.PEOPLE, "deactivated"
    PERSON_ACTIVATED = "person-activated", Group.PEOPLE, "let in again"
    RESET_LINK_MADE = "reset-link-made", Group.PEOPLE, "made a reset link for"
    RESET_LINK_NOT_MAILED = "reset-link-not-mailed", Group.PEOPLE, "could not mail a reset link to"
    SECOND_STEP_RESET = "second-step-reset", Group.PEOPLE, "took away the second step of"
    ISSUER_UNLINKED = "issuer-unlinked", Group.PEOPLE, "unlinked from the issuer"
    TEAM_CREATED = "team-created", Group.TEAMS, "created the team"
    TEAM_RENAMED = "team-renamed", Group.TEAMS, "renamed the team"
    TEAM_REMOVED = "team-removed", Group.TEAMS, "removed the team"
    MEMBER_ADDED = "member-added", Group.TEAMS, "added a member to the team"
    MEMBER_REMOVED = "member-removed", Group.TEAMS, "took a member out of the team"
    LEAD_CHANGED = "lead-changed", Group.TEAMS, "changed who leads the team"
    KEY_SAVED = "key-saved", Group.KEYS, "saved the key"
    KEY_CHECKED = "key-checked", Group.KEYS, "checked the key"
    KEY_REJECTED = "key-rejected", Group.KEYS, "was told that the key is rejected"
    KEY_RENAMED = "key-renamed", Group.KEYS, "renamed the key"
    KEY_SHARED = "key-shared", Group.KEYS, "shared the key"
    KEY_TAKEN_BACK = "key-taken-back", Group.KEYS, "took back the key"
    KEY_EXPIRY_SAID = "key-expiry-said", Group.KEYS, "said when the key expires"
    KEY_REPLACED = "key-replaced", Group.KEYS, "replaced the key"
    KEY_REPLACE_UNDONE = "key-replace-undone", Group.KEYS, "put back the key before"
    KEY_HANDED_OVER = "key-handed-over", Group.KEYS, "handed over the key"
    KEY_REMOVED = "key-removed", Group.KEYS, "removed the key"
    WORKFLOW_OPENED = "workflow-opened", Group.WORKFLOWS, "opened the workflow"
    WORKFLOW_FORGOTTEN = "workflow-forgotten", Group.WORKFLOWS, "took the workflow off the list"
    WORKFLOW_NOTES_CHANGED = "workflow-notes-changed", Group.WORKFLOWS, "changed the notes of the workflow"
    TASKS_MUTED = "tasks-muted", Group.TASKS, "muted tasks of"
    TASKS_UNMUTED = "tasks-unmuted", Group.TASKS, "unmuted tasks of"
    MISTAKES_MARKED = "mistakes-marked", Group.TASKS, "marked tasks as mistakes in"
    MISTAKES_CLEARED = "mistakes-cleared", Group.TASKS, "took back mistakes in"
    TASKS_EXPORTED = "tasks-exported", Group.TASKS, "exported tasks of"
    SUBMISSION_SENT = "submission-sent", Group.SUBMISSIONS, "sent"
    SUBMISSION_DECIDED = "submission-decided", Group.SUBMISSIONS, "decided the outcome of"
    SUBMISSION_DISCARDED = "submission-discarded", Group.SUBMISSIONS, "discarded"
    SUBMISSION_EXPORTED = "submission-exported", Group.SUBMISSIONS, "exported"
    SUBMISSIONS_EXPORTED = "submissions-exported", Group.SUBMISSIONS, "saved submissions as a file"
    IMPORT_BEGUN = "import-begun", Group.IMPORTS, "began to import"
    IMPORT_SENT = "import-sent", Group.IMPORTS, "sent the rows of"
    IMPORT_STOPPED = "import-stopped", Group.IMPORTS, "stopped sending"
    IMPORT_HANDED_OVER = "import-handed-over", Group.IMPORTS, "handed over the import"
    IMPORT_DELETED = "import-deleted", Group.IMPORTS, "deleted the import"
    IMPORT_RESTORED = "import-restored", Group.IMPORTS, "restored the import"
    IMPORT_EXPORTED = "import-exported", Group.IMPORTS, "saved rows of"
    EVENTS_EXPORTED = "events-exported", Group.PORTAL, "saved events as a file"
    SETTING_CHANGED = "setting-changed", Group.PORTAL, "changed"


def verbs_named(name: str) -> tuple[str, ...]:
    """Return all verbs of the group `name`, or the verb `name` alone, or nothing for any other name."""
    if name in Verb.values:
        return (name,)
    return tuple(verb.value for verb in Verb if verb.group == name)
