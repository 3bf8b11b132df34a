"""The message of a page after an act that may have changed nothing."""

from django.contrib import messages

from pipelines_portal.accounts.permissions import SignedInRequest
from pipelines_portal.people import texts


def show_result(request: SignedInRequest, is_changed: bool, sentence: str) -> None:
    """Show `sentence` if the act changed something, or else that nothing was left to change."""
    messages.success(request, sentence if is_changed else texts.UNCHANGED)
