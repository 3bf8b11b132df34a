"""What can be written down about a person's doing, by the name it is filtered by and the words it is shown in."""

from django.db.models import TextChoices


class Verb(TextChoices):
    SIGNED_IN = "signed-in", "signed in"
    SIGN_IN_REFUSED = "sign-in-refused", "was refused at sign-in"
    SIGN_IN_SLOWED = "sign-in-slowed", "was made to wait at sign-in"
    SIGNED_OUT = "signed-out", "signed out"
    SESSION_ENDED = "session-ended", "ended a session"
    PASSWORD_CHANGED = "password-changed", "changed the password"
    PASSWORD_REFUSED = "password-refused", "gave a wrong password"
    PASSWORD_RESET_ASKED = "password-reset-asked", "asked for a new password"
    PASSWORD_RESET = "password-reset", "set a new password by a link"
    PASSWORD_SET = "password-set", "set the password of"
    SECOND_STEP_ADDED = "second-step-added", "added a second step"
    SECOND_STEP_REMOVED = "second-step-removed", "removed a second step"
    RECOVERY_CODES_MADE = "recovery-codes-made", "made recovery codes"
    PERSON_MADE = "person-made", "made an account"
    INVITED = "invited", "invited"
    INVITATION_RENEWED = "invitation-renewed", "renewed an invitation"
    INVITATION_WITHDRAWN = "invitation-withdrawn", "withdrew an invitation"
    INVITATION_ACCEPTED = "invitation-accepted", "accepted an invitation"
    ROLE_CHANGED = "role-changed", "changed the role of"
    PERSON_RENAMED = "person-renamed", "renamed a person"
    PERSON_DEACTIVATED = "person-deactivated", "deactivated"
    PERSON_ACTIVATED = "person-activated", "let in again"
    RESET_LINK_MADE = "reset-link-made", "made a reset link for"
    RESET_LINK_NOT_MAILED = "reset-link-not-mailed", "could not mail a reset link to"
    SECOND_STEP_RESET = "second-step-reset", "took away the second step of"
    ISSUER_UNLINKED = "issuer-unlinked", "unlinked from the issuer"
    TEAM_CREATED = "team-created", "created the team"
    TEAM_RENAMED = "team-renamed", "renamed the team"
    TEAM_REMOVED = "team-removed", "removed the team"
    MEMBER_ADDED = "member-added", "added a member to the team"
    MEMBER_REMOVED = "member-removed", "took a member out of the team"
    LEAD_CHANGED = "lead-changed", "changed who leads the team"
    KEY_SAVED = "key-saved", "saved the key"
    KEY_CHECKED = "key-checked", "checked the key"
    KEY_REJECTED = "key-rejected", "was told that the key is rejected"
    KEY_RENAMED = "key-renamed", "renamed the key"
    KEY_SHARED = "key-shared", "shared the key"
    KEY_TAKEN_BACK = "key-taken-back", "took back the key"
    KEY_EXPIRY_SAID = "key-expiry-said", "said when the key expires"
    KEY_REPLACED = "key-replaced", "replaced the key"
    KEY_REPLACE_UNDONE = "key-replace-undone", "put back the key before"
    KEY_HANDED_OVER = "key-handed-over", "handed over the key"
    KEY_REMOVED = "key-removed", "removed the key"
    WORKFLOW_OPENED = "workflow-opened", "opened the workflow"
    WORKFLOW_FORGOTTEN = "workflow-forgotten", "took the workflow off the list"
    SUBMISSION_SENT = "submission-sent", "sent"
    SUBMISSION_DECIDED = "submission-decided", "decided what came of"
    SUBMISSION_DISCARDED = "submission-discarded", "discarded"
    SUBMISSION_EXPORTED = "submission-exported", "exported"
    SUBMISSIONS_EXPORTED = "submissions-exported", "saved submissions as a file"
    IMPORT_BEGUN = "import-begun", "began to import"
    IMPORT_SENT = "import-sent", "sent the rows of"
    IMPORT_STOPPED = "import-stopped", "stopped sending"
    IMPORT_HANDED_OVER = "import-handed-over", "handed over the import"
    IMPORT_DELETED = "import-deleted", "deleted the import"
    IMPORT_RESTORED = "import-restored", "restored the import"
    IMPORT_EXPORTED = "import-exported", "saved rows of"
    EVENTS_EXPORTED = "events-exported", "saved events as a file"
    SETTING_CHANGED = "setting-changed", "changed"


# What each group is called, and how its verbs begin. What is in none belongs to signing in.
GROUPS = {
    "people": ("People and invitations", ("person-", "invit", "role-", "reset-link-", "second-step-reset", "issuer-")),
    "teams": ("Teams", ("team-", "member-", "lead-")),
    "keys": ("Keys", ("key-",)),
    "workflows": ("Workflows", ("workflow-",)),
    "submissions": ("Submissions", ("submission-",)),
    "imports": ("Imports", ("import-",)),
    "portal": ("The portal", ("setting-", "events-")),
    "signing-in": ("Signing in", ()),
}


def group_of(verb: Verb) -> str:
    found = (name for name, (_, beginnings) in GROUPS.items() if verb.value.startswith(beginnings))
    return next(found, "signing-in")


def verbs_of(name: str) -> tuple[str, ...]:
    """Of a group, all of its verbs; of a verb, itself; of anything else none."""
    if name in Verb.values:
        return (name,)
    return tuple(verb.value for verb in Verb if group_of(verb) == name)
