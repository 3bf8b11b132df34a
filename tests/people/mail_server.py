"""A mail server in this process that stores its mails, and the worker that sends them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from django_tasks_db.models import DBTaskResult

from tests.external_api.server import free_port


class Letters:
    """`refused`: addresses that the server takes no mail for."""

    def __init__(self) -> None:
        self.kept: list[EmailMessage] = []
        self.refused: set[str] = set()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.kept.append(BytesParser(EmailMessage, policy=default).parsebytes(envelope.content))
        return "250 OK"


@contextmanager
def post_office() -> Iterator[tuple[Letters, int]]:
    """And the port on which it takes them."""
    letters = Letters()
    server = Controller(letters, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        yield letters, server.port
    finally:
        server.stop()


@contextmanager
def mail_server(settings: Any) -> Iterator[Letters]:
    """Django's mails go there while the block runs."""
    with post_office() as (letters, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.MAIL_IS_ON = True
        yield letters


@contextmanager
def silent_mail_server(settings: Any) -> Iterator[None]:
    """Accept the connection and send nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
        settings.MAIL_IS_ON, settings.EMAIL_TIMEOUT = True, 2
        yield


def work() -> None:
    """Do the waiting jobs in this process. The worker itself would close the test's database."""
    for job in DBTaskResult.objects.ready():
        job.task.call(*job.args_kwargs["args"], **job.args_kwargs["kwargs"])
        job.delete()
