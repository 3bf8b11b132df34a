"""The workers that said lately that they live."""

from django.db import models


class WorkerBeat(models.Model):
    """One worker, a process, and when it last said so."""

    worker_id = models.CharField(max_length=64, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.worker_id}, {self.seen_at}"
