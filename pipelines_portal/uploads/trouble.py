"""What to say when no link could be had."""

from pipelines_portal.api_client import PipelinesError, ValidationFailed
from pipelines_portal.web.api_errors import explain

from .models import ZipUpload


def trouble_with_link(error: Exception, upload: ZipUpload) -> str:
    """One text: what happened, whether anything was created, what to do."""
    if upload.confirming_until:
        return trouble_with_cancel(error)
    if not isinstance(error, PipelinesError):
        return str(error)
    if isinstance(error, ValidationFailed):
        return f"The API refused to begin the upload: {error.message} Nothing was created."
    if error.maybe_processed:
        return (
            "The API's answer got lost. It may have opened an upload that nobody will use: "
            "that one expires by itself and creates nothing. You can safely start again."
        )
    return f"{explain(error).title}. {explain(error).sentence} Nothing was created."


def trouble_with_cancel(error: Exception) -> str:
    """A confirm of this archive may have gone through: until that is known, nobody can say that nothing is created."""
    if not isinstance(error, PipelinesError):
        return str(error)
    words = explain(error)
    return (
        f"The API was asked to confirm the archive, and its answer got lost. {words.title}, so whether tasks are being "
        "created is not known yet. The portal goes on asking by itself."
    )
