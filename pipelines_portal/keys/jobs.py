"""What the worker does for keys, once a minute. All of it may run twice, and in two workers at once."""

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.core.mail import absolute_url, mail_is_on, send_mail
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.pooled_answers import wipe_old_answers
from pipelines_portal.keys.state.expiry import days_left, soonest_end, step_of
from pipelines_portal.keys.state.states import in_days


def look_after_keys() -> None:
    wipe_old_answers()
    remind_of_ends()


def remind_of_ends() -> int:
    """A mail to the owner of each key that ends soon, once a step, however many workers there are. How many went."""
    if not mail_is_on():
        return 0
    ending = SavedKey.objects.select_related("owner").filter(expires_at__lt=soonest_end(), owner__is_active=True)
    return sum(_remind(key) for key in ending)


def _remind(key: SavedKey) -> bool:
    """Whoever moves `warned_days` down sends the mail. Of a key that is over, nobody is told anew."""
    days = days_left(key)
    step = step_of(days)
    if days is None or days < 0 or step is None:
        return False
    not_yet = Q(warned_days=None) | Q(warned_days__gt=step)
    seen = SavedKey.objects.filter(not_yet, pk=key.pk, expires_at=key.expires_at, owner=key.owner)
    if not seen.update(warned_days=step):
        return False
    address = absolute_url(reverse("keys:detail", args=[key.pk]))
    context = {"key": key, "when": in_days(days), "address": address, "now": timezone.now()}
    if send_mail(key.owner.email, "keys/mail_ends.txt", context):
        return True
    # No server took it: the next minute tries again.
    SavedKey.objects.filter(pk=key.pk, expires_at=key.expires_at, warned_days=step).update(warned_days=key.warned_days)
    return False
