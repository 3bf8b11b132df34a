"""What is told at once, in the transaction in which it happens."""

from typing import Any

from django.dispatch import receiver

from pipelines_portal.submissions.signals import BatchEnd, batch_ended

from .models import Kind
from .telling import News, tell


@receiver(batch_ended)
def tell_of_the_end(sender: object, end: BatchEnd, **more: Any) -> None:
    news = News(Kind.BATCH, f"ended:{end.subject}", end.title, end.address, end.sentence, end.tone)
    tell(end.person, news)
