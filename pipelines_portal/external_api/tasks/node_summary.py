"""Summarize node statuses as counts."""

from collections.abc import Iterable

from pipelines_portal.external_api.models import NodeStatus

BUCKETS = {
    NodeStatus.FINISHED.value: "finished",
    NodeStatus.AVAILABLE.value: "in_progress",
    NodeStatus.CLAIMED.value: "in_progress",
    NodeStatus.SUBMITTED.value: "in_progress",
    NodeStatus.ESCALATED.value: "in_progress",
    NodeStatus.QUARANTINED.value: "in_progress",
    NodeStatus.PENDING.value: "pending",
    NodeStatus.DEFERRED.value: "pending",
}


def summarize(statuses: Iterable[str]) -> dict[str, int]:
    """Return the counts total, finished, in_progress and pending. Nodes in `na` are not counted."""
    counts = {"total": 0, "finished": 0, "in_progress": 0, "pending": 0}
    for status in statuses:
        if status in BUCKETS:
            counts["total"] += 1
            counts[BUCKETS[status]] += 1
    return counts
