"""Messages about people, teams and invitations."""

# The result of an act
UNCHANGED = "Already up to date"
ROLE_UNCHANGED = "Role not changed."
REACTIVATED = "Reactivated"
TEAM_CREATED = "Team created · Add members"
TEAM_RENAMED = "Team renamed"
TEAM_DELETED = "Team deleted"
INVITATION_REVOKED = "Invitation revoked"


def role_changed(*, is_own: bool) -> str:
    return f"Role changed · {_signed_out(is_own)}"


def deactivated(*, is_own: bool) -> str:
    return f"Deactivated · {_signed_out(is_own)}"


def two_step_reset(*, is_own: bool) -> str:
    return f"Two-step verification reset · {_signed_out(is_own)}"


def unlinked(*, is_own: bool) -> str:
    return f"Unlinked · {_signed_out(is_own)}"


def _signed_out(is_own: bool) -> str:
    return "You’ve been signed out" if is_own else "They’ve been signed out"


def member_added(person: str, team: str) -> str:
    return f"{person} added to {team}"


def member_removed(person: str, team: str) -> str:
    return f"{person} removed from {team}"


def lead_made(person: str, team: str) -> str:
    return f"{person} now leads {team}"


def lead_unmade(person: str, team: str) -> str:
    return f"{person} no longer leads {team}"


# People
def last_administrator(person: str) -> str:
    return f"{person} is the only administrator. Make someone else an administrator first."


LAST_ADMINISTRATOR_IS_YOU = "You’re the only administrator. Make someone else an administrator first."


def owner_left(owner: str) -> str:
    return f"{owner} can’t own keys. Choose someone else."


def key_added_since(key: str) -> str:
    return f"They’ve just added API key {key}. Choose its new owner too."


def unknown_owner(email: str) -> str:
    return f"No one with the email {email} can own keys."


OWNER_REQUIRED = "Choose a new owner, or Remove key."
ONE_OWNER = "Choose an owner from the list or by email, not both."
LEADS_REMOVED_BY_ADMINISTRATORS = "Only administrators can remove a lead from a team."


DAYS_REVERSED = "“To” can’t be before “From”."


# Teams
def team_name_taken(name: str) -> str:
    return f"A team is already called “{name}”. Choose another name."


# Invitations
INVITE_NOT_ALLOWED = "Only administrators and team leads can invite people."
INVITED_BY_ANOTHER = "Someone else just invited one of these people. Send the form again."
EMAILS_HELP = "Separate with commas or new lines."
EMAILS_REQUIRED = "Enter an email address."
TEAM_REQUIRED = "Choose a team."
NAME_HELP = "Shown to your team"


def too_many_emails(most: int, count: int) -> str:
    return f"Enter up to {most} email addresses. You entered {count}."


def invalid_emails(emails: str) -> str:
    return f"Not valid: {emails}."


def existing_accounts(emails: str) -> str:
    return f"Already have an account: {emails}."


def deactivated_accounts(emails: str) -> str:
    return f"Deactivated: {emails}. An administrator can reactivate them."


def already_invited(emails: str) -> str:
    return f"Already invited: {emails}. Create a new link under “Pending invitations”."


def and_more(emails: str, count: int) -> str:
    return f"{emails} and {count} more"


# The first administrator
SETUP_LINK = "the setup link"
SETUP_LINK_INVALID = "Open the whole setup link. It’s in the log of the portal, and pipelines setup_link prints it."
EMAIL_TAKEN = "An account with this email exists. Enter another email."
SETUP_FINISHED_TITLE = "Setup is finished"
SETUP_FINISHED = "This portal has accounts. Sign in, or ask an administrator to invite you."
EMAIL_INVALID = "Enter an email address such as ana@example.com."

# On Home
YOUR_ADMINISTRATOR = "your administrator"


def not_accepted_expires(day: str) -> str:
    return f"invitation not accepted, expires {day}"


def not_accepted_expired(day: str) -> str:
    return f"invitation not accepted, expired {day}"


# An invitation that can't be accepted: the headings, then the reasons
LINK_INVALID_TITLE = "This link doesn’t work"
ACCEPTED_TITLE = "Invitation already accepted"
REVOKED_TITLE = "Invitation revoked"
REPLACED_TITLE = "This link was replaced"
EXPIRED_TITLE = "This link has expired"
NOT_ALLOWED_TITLE = "This invitation is no longer valid"
LINK_INVALID = "This link isn’t complete. Copy the whole link from your invitation."
INVITATION_ACCEPTED = "You’ve already accepted this invitation."


def invitation_revoked(inviter: str) -> str:
    return f"This invitation was revoked. Ask {inviter} for a new one."


def link_replaced(inviter: str) -> str:
    return f"There’s a newer link. Use that one, or ask {inviter} for a new one."


def invitation_expired(inviter: str, days: int) -> str:
    return f"Invitations expire after {days} days. Ask {inviter} for a new one."


def inviter_not_allowed(inviter: str) -> str:
    return f"{inviter} can no longer invite you. Ask an administrator for a new invitation."
