"""Messages of the sign-in and account pages."""

# Sign-in
INCORRECT_SIGN_IN = "Incorrect email or password."
DEACTIVATED = "This account is deactivated. Contact your administrator."
DEMO_ACCOUNT = "This demo account doesn’t work on this portal because its password is public."
SIGNED_OUT = "You’re signed out."
NOT_SIGNED_IN = "Not signed in"
SIGN_IN_TO_SEND = "Sign in in another tab, then go back and send again. Your text is still there."
NOT_SENT = "Not sent: you’re signed out"


def incorrect_sign_in_beside(issuer: str) -> str:
    return f"Incorrect email or password. Only administrators sign in with a password; use {issuer} instead."


def passkeys_only_for_administrators(issuer: str) -> str:
    return f"Only administrators sign in with a passkey. Sign in with {issuer} instead."


# Sign-in through the issuer
def email_linked_to_another(issuer: str) -> str:
    return f"This account is linked to someone else at {issuer}. Ask your administrator to unlink it."


def email_not_verified(issuer: str) -> str:
    return f"{issuer} hasn’t verified your email. Verify it there, or contact your administrator."


def no_new_sign_in(issuer: str) -> str:
    return f"{issuer} didn’t ask you to sign in again. Sign out of {issuer}, then try again."


def email_unknown(email: str) -> str:
    return f"No account for {email}. Ask your administrator to invite you."


def issuer_cancelled(issuer: str) -> str:
    return f"You cancelled the sign-in with {issuer}."


def issuer_not_responding(issuer: str) -> str:
    return f"{issuer} isn’t responding. Try again in a minute, or sign in with your password."


def issuer_certificate_refused(issuer: str) -> str:
    return f"The portal can’t connect to {issuer} safely. Ask your administrator to check its certificate."


def issuer_failed(issuer: str) -> str:
    return f"Signing in with {issuer} failed or took too long. Try again."


# Two-step verification
CODE_HELP = "The 6 digits from your authenticator app, or a recovery code."
RECOVERY_CODE_HELP = "One of the codes that you saved when you added your passkey. Each works once."
INCORRECT_RECOVERY_CODE = "Incorrect or used recovery code."
INCORRECT_CODE = "Incorrect or expired code. Enter the newest code."
INCORRECT_APP_CODE = "Incorrect code. Enter the newest code and check your phone’s clock."
CODE_UNREADABLE = (
    "We can’t check codes: a value is missing from ENCRYPTION_KEYS. Use a passkey, or contact your administrator."
)
PASSKEY_REFUSED = "Passkey not accepted. Try again, or sign in another way."
PASSKEY_NEEDS_PASSWORD = "This passkey only works after your password. Sign in with your email first."  # noqa: S105
PASSKEY_NAME_HELP = "For example: Work laptop"
PASSKEY_ALONE_HELP = "This passkey alone then signs you in. Requires a fingerprint, face or PIN."
NO_TWO_STEP_VERIFICATION = "Set up two-step verification first."
NOT_SAVED_WITHOUT_IT = "Your change wasn’t saved. Set up two-step verification first."
APP_ADDED = "Authenticator app added · Other devices signed out"
APP_REMOVED = "Authenticator app removed · Other devices signed out"
APP_EXISTS = "You already have an authenticator app. Remove it to set up another one."
PASSKEY_REMOVED = "Passkey removed · Other devices signed out"
RECOVERY_CODES_CREATED = "New recovery codes created. The old ones no longer work."


def passkey_added(name: str) -> str:
    return f"Passkey “{name}” added · Other devices signed out"


# Passwords
PASSWORD_HELP = "At least 12 characters. A few random words work well."  # noqa: S105
INCORRECT_PASSWORD = "Incorrect password."  # noqa: S105
PASSWORD_CHANGED = "Password changed · Other devices signed out"  # noqa: S105
PASSWORD_SET = "Password changed. Sign in with your new password."  # noqa: S105
LINK_EXPIRED_TITLE = "This link doesn’t work"
LINK_EXPIRED = "This link was already used or has expired. Sign in, or ask your administrator for a new link."


def no_password_beside(issuer: str) -> str:
    return f"You sign in with {issuer}, so you have no password here."


# Account
NAME_SAVED = "Name saved"
PREFERENCES_SAVED = "Preferences saved"
DEVICE_SIGNED_OUT = "Device signed out"
DEVICE_ALREADY_SIGNED_OUT = "This device was already signed out."
OTHER_DEVICES_SIGNED_OUT = "Other devices signed out"

# Permissions
VIEWERS_READ_ONLY = "Viewers can look, but can’t send. Ask your administrator to make you an operator."
ADMINISTRATORS_ONLY = "Only administrators can do this."
LEADS_ONLY = "Only leads of this team and administrators can do this."

# Mails about a change
MAIL_PASSWORD_CHANGED = "Your Pipelines Portal password was changed"  # noqa: S105
MAIL_APP_ADDED = "An authenticator app was added to your Pipelines Portal account"
MAIL_APP_REMOVED = "The authenticator app was removed from your Pipelines Portal account"
MAIL_PASSKEY_ADDED = "A passkey was added to your Pipelines Portal account"
MAIL_PASSKEY_REMOVED = "A passkey was removed from your Pipelines Portal account"
MAIL_TWO_STEP_RESET = "An administrator reset your two-step verification on Pipelines Portal"
