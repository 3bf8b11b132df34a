"""Messages of the sign-in and account pages."""

# Sign-in
DEACTIVATED = "This account is deactivated. Contact your administrator."

# Two-step verification
PASSKEY_REFUSED = "Passkey not accepted. Try again, or sign in another way."

# Passwords
PASSWORD_HELP = "At least 12 characters. A few random words work well."  # noqa: S105
INCORRECT_PASSWORD = "Incorrect password."  # noqa: S105

# Permissions
VIEWERS_READ_ONLY = "Viewers can look, but can’t send. Ask your administrator to make you an operator."
ADMINISTRATORS_ONLY = "Only administrators can do this."
