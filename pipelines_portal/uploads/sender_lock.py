"""A lock on sending, held by one browser tab at a time."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from .models import ZipUpload

# Longer than the minute to which browsers slow a hidden page's timers.
SILENCE = timedelta(seconds=90)


def not_held() -> Q:
    """No tab is sending right now."""
    return Q(tab="") | Q(tab_seen_at=None) | Q(tab_seen_at__lte=timezone.now() - SILENCE)


def acquire_lock(upload: ZipUpload, tab: str, *, take_over: bool = False) -> bool:
    """Make `tab` the one that sends. False while another one is sending, unless the person takes over."""
    rows = ZipUpload.objects.filter(pk=upload.pk)
    rows = rows if take_over else rows.filter(not_held() | Q(tab=tab))
    claimed = rows.update(tab=tab, tab_seen_at=timezone.now())
    upload.refresh_from_db(fields=["tab", "tab_seen_at"])
    return bool(claimed)


def renew_lock(upload: ZipUpload, tab: str) -> bool:
    """Still sending. False when another tab took over: then `tab` has to stop."""
    return bool(ZipUpload.objects.filter(pk=upload.pk, tab=tab).update(tab_seen_at=timezone.now()))


def release_lock(upload: ZipUpload, tab: str) -> None:
    ZipUpload.objects.filter(pk=upload.pk, tab=tab).update(tab="", tab_seen_at=None)


def is_held(upload: ZipUpload) -> bool:
    """Whether some tab is sending right now."""
    return bool(upload.tab) and upload.tab_seen_at is not None and upload.tab_seen_at > timezone.now() - SILENCE
