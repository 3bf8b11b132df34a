"""The bars of an import: what became of its rows, and how its tasks stand."""

from django.utils.dateparse import parse_datetime

from pipelines_portal.core.bars import Bar, bar_of, task_shares
from pipelines_portal.entry.imports.counts import Counts
from pipelines_portal.entry.models import ImportJob


def row_bar(counts: Counts) -> Bar:
    """Of the rows that are sent, or are to be."""
    shares = [
        ("finished", "Created", counts.created), ("failed", "Rejected", counts.rejected),
        ("quarantined", "Unknown", counts.unconfirmed), ("pending", "Not sent", counts.not_sent),
    ]  # fmt: skip
    return bar_of(shares)


def task_bar(import_job: ImportJob, counts: Counts) -> Bar | None:
    """Of the tasks that were created, by the last walk along the list; None before the first one is through."""
    by_status = import_job.task_counts.get("by_status")
    if not by_status or not counts.created:
        return None
    shares = task_shares(by_status)
    others = counts.created - sum(count for _, _, count in shares)
    bar = bar_of([*shares, ("pending", "Not found, or of another status", max(others, 0))])
    return Bar(bar.parts, counts.created, parse_datetime(import_job.task_counts.get("as_of", "")))
