"""What the External API's worker removes once an hour, and `manage.py tidy` at once."""

from functools import partial

from django.contrib.sessions.models import Session
from django.utils import timezone

from pipelines_portal.core.sign_in_throttle.throttle import remove_old_tries
from pipelines_portal.core.tidying import Tidying, remove_in_batches, until_done
from pipelines_portal.external_api.uploads.sweep import (
    cancel_abandoned,
    delete_late_archives,
    delete_unfinished,
    forget_old_jobs,
)


def forget_expired_sessions() -> int:
    return remove_in_batches(Session.objects.filter(expire_date__lt=timezone.now()))


TIDYING = (
    Tidying("Sessions that are over", forget_expired_sessions),
    Tidying("Counts of sign-in tries", remove_old_tries),
    Tidying("Jobs that are over", forget_old_jobs),
    Tidying("Uploads that nobody confirmed, cancelled", cancel_abandoned),
    Tidying("Archives of uploads that ended", partial(until_done, delete_late_archives)),
    Tidying("Archives that broke off on their way", delete_unfinished),
)
