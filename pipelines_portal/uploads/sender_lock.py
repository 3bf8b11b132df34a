"""A lock on sending, held by one browser tab at a time."""

import re
from datetime import timedelta

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from pipelines_portal.uploads.models import ZipUpload

# Longer than the minute to which browsers slow a hidden page's timers.
SILENCE = timedelta(seconds=90)


def tab_in(posted: QueryDict) -> str:
    """What the tab calls itself; "" for what no tab of ours does, which may be more than a database can be asked."""
    tab = posted.get("tab", "")
    return tab if re.fullmatch(r"[A-Za-z0-9-]{1,40}", tab) else ""


def not_held() -> Q:
    """No tab is sending right now."""
    return Q(tab="") | Q(tab_seen_at=None) | Q(tab_seen_at__lte=timezone.now() - SILENCE)


def acquire_lock(upload: ZipUpload, tab: str, *, take_over: bool = False) -> bool:
    """Make `tab` the one that sends. False while another one is sending, unless the person takes over."""
    if not tab:
        return False
    rows = ZipUpload.objects.filter(pk=upload.pk)
    rows = rows if take_over else rows.filter(not_held() | Q(tab=tab))
    claimed = rows.update(tab=tab, tab_seen_at=timezone.now())
    upload.refresh_from_db(fields=["tab", "tab_seen_at"])
    return bool(claimed)


def renew_lock(upload: ZipUpload, tab: str) -> bool:
    """Still sending. False when another tab took over: then `tab` has to stop."""
    return bool(tab) and bool(ZipUpload.objects.filter(pk=upload.pk, tab=tab).update(tab_seen_at=timezone.now()))


def release_lock(upload: ZipUpload, tab: str) -> None:
    ZipUpload.objects.filter(pk=upload.pk, tab=tab).update(tab="", tab_seen_at=None)


def is_held(upload: ZipUpload) -> bool:
    """Whether some tab is sending right now."""
    return bool(upload.tab) and upload.tab_seen_at is not None and upload.tab_seen_at > timezone.now() - SILENCE
