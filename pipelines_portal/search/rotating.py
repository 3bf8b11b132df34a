"""Words as tokens of the first of ENCRYPTION_KEYS, when the keys were rotated."""

from collections import Counter
from collections.abc import Iterator

from pipelines_portal.saved_keys.rotation import Outcome
from pipelines_portal.shared.in_batches import in_batches
from pipelines_portal.submissions.models import Submission

from .keeping import renew_words


def renew_all() -> tuple[str, Iterator[Counter[Outcome]]]:
    """Submission by submission."""
    return "submission: words", _all_renewed()


def _all_renewed() -> Iterator[Counter[Outcome]]:
    for batch in in_batches(Submission.objects.filter(has_words=True).only("pk", "owner_id")):
        for submission in batch:
            yield Counter([Outcome.ROTATED if renew_words(submission) else Outcome.UP_TO_DATE])
