from django.db import models


class WorkerHeartbeat(models.Model):
    """The last heartbeat of one worker process."""

    worker_id = models.CharField(max_length=64, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.worker_id}, {self.seen_at}"
