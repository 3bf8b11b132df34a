"""What a page says after a change."""

from django.contrib import messages

from pipelines_portal.accounts.access import SignedInRequest

WAS_SO = "Nothing was changed: it was so already, or somebody else changed it meanwhile. Here is how it stands."


def tell(request: SignedInRequest, done: bool, sentence: str) -> None:
    """`sentence` where it was done."""
    if done:
        messages.success(request, sentence)
    else:
        messages.info(request, WAS_SO)
