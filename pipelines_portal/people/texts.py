"""Messages about people, teams and invitations."""

# The result of an act
UNCHANGED = "Already up to date"


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


def lead_made(person: str, team: str) -> str:
    return f"{person} now leads {team}"


def lead_unmade(person: str, team: str) -> str:
    return f"{person} no longer leads {team}"


OWNER_REQUIRED = "Choose a new owner, or Remove key."


# Teams
def team_name_taken(name: str) -> str:
    return f"A team is already called “{name}”. Choose another name."


# Invitations
EMAILS_REQUIRED = "Enter an email address."

# The first administrator
SETUP_FINISHED_TITLE = "Setup is finished"
SETUP_FINISHED = "This portal has accounts. Sign in, or ask an administrator to invite you."


def not_accepted_expires(day: str) -> str:
    return f"invitation not accepted, expires {day}"


def not_accepted_expired(day: str) -> str:
    return f"invitation not accepted, expired {day}"


# An invitation that can't be accepted: the headings, then the reasons
LINK_INVALID_TITLE = "This link doesn’t work"
