"""The message of a page after an act that may have changed nothing."""

from django.contrib import messages

from pipelines_portal.accounts.permissions import SignedInRequest

UNCHANGED = "Nothing was changed: it was so already, or somebody else has changed it. This is how it is now."


def show_result(request: SignedInRequest, is_changed: bool, sentence: str) -> None:
    """Show `sentence` if the act changed something, or else UNCHANGED."""
    if is_changed:
        messages.success(request, sentence)
    else:
        messages.info(request, UNCHANGED)
