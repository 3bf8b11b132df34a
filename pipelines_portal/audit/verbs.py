"""What can be written down about a person's doing, by the name it is filtered by and the words it is shown in."""

from django.db.models import TextChoices

PEOPLE, TEAMS, KEYS, WORKFLOWS = "people", "teams", "keys", "workflows"
SUBMISSIONS, IMPORTS, PORTAL, SIGNING_IN = "submissions", "imports", "portal", "signing-in"
# In the order of the filter.
GROUPS = {
    PEOPLE: "People and invitations", TEAMS: "Teams", KEYS: "Keys", WORKFLOWS: "Workflows", SUBMISSIONS: "Submissions",
    IMPORTS: "Imports", PORTAL: "The portal", SIGNING_IN: "Signing in",
}  # fmt: skip


class Verb(TextChoices):
    """Name, group and words."""

    group: str

    def __new__(cls, name: str, group: str = SIGNING_IN) -> "Verb":
        verb = str.__new__(cls, name)
        verb._value_, verb.group = name, group
        return verb

    SIGNED_IN = "signed-in", SIGNING_IN, "signed in"
    SIGN_IN_REFUSED = "sign-in-refused", SIGNING_IN, "was refused at sign-in"
    SIGN_IN_SLOWED = "sign-in-slowed", SIGNING_IN, "was made to wait at sign-in"
    SIGNED_OUT = "signed-out", SIGNING_IN, "signed out"
    SESSION_ENDED = "session-ended", SIGNING_IN, "ended a session"
    PASSWORD_CHANGED = "password-changed", SIGNING_IN, "changed the password"
    PASSWORD_REFUSED = "password-refused", SIGNING_IN, "gave a wrong password"
    PASSWORD_RESET_ASKED = "password-reset-asked", SIGNING_IN, "asked for a new password"
    PASSWORD_RESET = "password-reset", SIGNING_IN, "set a new password by a link"
    PASSWORD_SET = "password-set", SIGNING_IN, "set the password of"
    SECOND_STEP_ADDED = "second-step-added", SIGNING_IN, "added a second step"
    SECOND_STEP_REMOVED = "second-step-removed", SIGNING_IN, "removed a second step"
    RECOVERY_CODES_MADE = "recovery-codes-made", SIGNING_IN, "made recovery codes"
    PERSON_MADE = "person-made", PEOPLE, "made an account"
    INVITED = "invited", PEOPLE, "invited"
    INVITATION_RENEWED = "invitation-renewed", PEOPLE, "renewed an invitation"
    INVITATION_WITHDRAWN = "invitation-withdrawn", PEOPLE, "withdrew an invitation"
    INVITATION_ACCEPTED = "invitation-accepted", PEOPLE, "accepted an invitation"
    ROLE_CHANGED = "role-changed", PEOPLE, "changed the role of"
    PERSON_RENAMED = "person-renamed", PEOPLE, "renamed a person"
    PERSON_DEACTIVATED = "person-deactivated", PEOPLE, "deactivated"
    PERSON_ACTIVATED = "person-activated", PEOPLE, "let in again"
    RESET_LINK_MADE = "reset-link-made", PEOPLE, "made a reset link for"
    RESET_LINK_NOT_MAILED = "reset-link-not-mailed", PEOPLE, "could not mail a reset link to"
    SECOND_STEP_RESET = "second-step-reset", PEOPLE, "took away the second step of"
    ISSUER_UNLINKED = "issuer-unlinked", PEOPLE, "unlinked from the issuer"
    TEAM_CREATED = "team-created", TEAMS, "created the team"
    TEAM_RENAMED = "team-renamed", TEAMS, "renamed the team"
    TEAM_REMOVED = "team-removed", TEAMS, "removed the team"
    MEMBER_ADDED = "member-added", TEAMS, "added a member to the team"
    MEMBER_REMOVED = "member-removed", TEAMS, "took a member out of the team"
    LEAD_CHANGED = "lead-changed", TEAMS, "changed who leads the team"
    KEY_SAVED = "key-saved", KEYS, "saved the key"
    KEY_CHECKED = "key-checked", KEYS, "checked the key"
    KEY_REJECTED = "key-rejected", KEYS, "was told that the key is rejected"
    KEY_RENAMED = "key-renamed", KEYS, "renamed the key"
    KEY_SHARED = "key-shared", KEYS, "shared the key"
    KEY_TAKEN_BACK = "key-taken-back", KEYS, "took back the key"
    KEY_EXPIRY_SAID = "key-expiry-said", KEYS, "said when the key expires"
    KEY_REPLACED = "key-replaced", KEYS, "replaced the key"
    KEY_REPLACE_UNDONE = "key-replace-undone", KEYS, "put back the key before"
    KEY_HANDED_OVER = "key-handed-over", KEYS, "handed over the key"
    KEY_REMOVED = "key-removed", KEYS, "removed the key"
    WORKFLOW_OPENED = "workflow-opened", WORKFLOWS, "opened the workflow"
    WORKFLOW_FORGOTTEN = "workflow-forgotten", WORKFLOWS, "took the workflow off the list"
    SUBMISSION_SENT = "submission-sent", SUBMISSIONS, "sent"
    SUBMISSION_DECIDED = "submission-decided", SUBMISSIONS, "decided the outcome of"
    SUBMISSION_DISCARDED = "submission-discarded", SUBMISSIONS, "discarded"
    SUBMISSION_EXPORTED = "submission-exported", SUBMISSIONS, "exported"
    SUBMISSIONS_EXPORTED = "submissions-exported", SUBMISSIONS, "saved submissions as a file"
    IMPORT_BEGUN = "import-begun", IMPORTS, "began to import"
    IMPORT_SENT = "import-sent", IMPORTS, "sent the rows of"
    IMPORT_STOPPED = "import-stopped", IMPORTS, "stopped sending"
    IMPORT_HANDED_OVER = "import-handed-over", IMPORTS, "handed over the import"
    IMPORT_DELETED = "import-deleted", IMPORTS, "deleted the import"
    IMPORT_RESTORED = "import-restored", IMPORTS, "restored the import"
    IMPORT_EXPORTED = "import-exported", IMPORTS, "saved rows of"
    EVENTS_EXPORTED = "events-exported", PORTAL, "saved events as a file"
    SETTING_CHANGED = "setting-changed", PORTAL, "changed"


def verbs_of(name: str) -> tuple[str, ...]:
    """Of a group, all of its verbs; of a verb, itself; of anything else none."""
    if name in Verb.values:
        return (name,)
    return tuple(verb.value for verb in Verb if verb.group == name)
