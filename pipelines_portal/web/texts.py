"""Sentences of the error pages and of form fields that several apps use."""

# Failures of the portal itself. Their titles are headings of docs/administrators/troubleshooting.md.
OURS_SENDING = "We don’t know if this was saved. Check Sent before you try again."

# Failures of Pipelines.
IN_A_MINUTE = "Try again in a minute."
