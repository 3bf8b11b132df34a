"""Sentences of the error pages and of form fields that several apps use."""

# Failures of the portal itself. Their titles are headings of docs/administrators/troubleshooting.md.
FULL_TITLE = "The portal is out of disk space"
FULL_READING = "Ask your administrator to free some space."
FULL_SENDING = "What you sent wasn’t saved. Ask your administrator to free some space, then send it again."
AWAY_TITLE = "The portal is busy"
AWAY_READING = "The database is not responding. Try again in a minute."
AWAY_SENDING = "The database is not responding. We don’t know if this was saved. Check Sent before you try again."
OURS_TITLE = "The portal had an error"
OURS_READING = "Try again. If this keeps happening, contact your administrator."
OURS_SENDING = "We don’t know if this was saved. Check Sent before you try again."

NOT_FOUND_TITLE = "Page not found"
NOT_FOUND = "It may have been removed, or you don’t have access."
METHOD_NOT_ALLOWED_TITLE = "This address can’t be opened"
METHOD_NOT_ALLOWED = "It only receives what a page of the portal sends."
GO_HOME = "Go to Home"
TOO_LARGE_TITLE = "Too much to send"
BAD_REQUEST_TITLE = "Page not sent"
BAD_REQUEST = "The portal couldn’t read what your browser sent. Go back and try again."
NOT_ALLOWED_TITLE = "Not allowed"
NOT_ALLOWED = "Your role doesn’t allow this."

# Failures of Pipelines.
REJECTED_TITLE = "API key rejected"
REJECTED = "It expired or was revoked. Replace it with a new key."
CREATOR_GONE_TITLE = "ZIP uploads are blocked for this key"
CREATOR_GONE = "The person who created it left the organization. Ask an organization admin for a new key."
FORBIDDEN_TITLE = "Pipelines doesn’t allow this"
FORBIDDEN = "This key has no permission for it. Ask an organization admin."
MISSING_TITLE = "Not found in Pipelines"
MISSING = "It doesn’t exist, or this key has no access to it."
UNAVAILABLE_TITLE = "Pipelines is unavailable"
CERTIFICATE_TITLE = "Pipelines’ certificate isn’t valid"
CERTIFICATE = "The portal can’t connect safely ({cause}). Ask your administrator to check the certificate."
UNREACHABLE_TITLE = "Can’t reach Pipelines"
IN_A_MINUTE = "Try again in a minute."
RETRYING = "We’ll retry shortly."
UNEXPECTED_TITLE = "Pipelines sent an unexpected response"
REFUSED_TITLE = "Pipelines refused this"
ERROR_TITLE = "Pipelines had an error"
ERROR = "Try again."
RATE_LIMIT_TITLE = "Rate limit reached"

HOLDS_KEY = "That looks like an API key. Keys can only be entered under API keys."
NOT_A_NAME = "Remove line breaks and invisible characters."


def too_large(text_bytes: int, file_bytes: int) -> str:
    text, files = text_bytes // 1024**2, file_bytes // 1024**2
    return f"Send at most {text} MB of text, or {files} MB with files. Go back and send less."


def pipelines_answered(message: str) -> str:
    return f"Pipelines answered: {message}"


def unexpected(what: str) -> str:
    """Return what is wrong with a response, a whole sentence, and whom to ask."""
    return f"{what} Contact your administrator."


def rate_limited(seconds: int) -> str:
    return f"Pipelines limits requests per key. You can continue in {seconds:,} s."


def updates_resume(seconds: int) -> str:
    return f"Updates resume automatically in {seconds:,} s."
