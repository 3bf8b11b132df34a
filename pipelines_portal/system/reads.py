"""What the System page reads from the database, the disk and the settings. Nothing here waits for another server."""

import platform
import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Lower
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from pipelines_portal import __version__
from pipelines_portal.accounts.identity_provider import PROVIDER
from pipelines_portal.accounts.models import Team
from pipelines_portal.api_client.transport import are_apart
from pipelines_portal.audit.models import Event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.metrics import MOST_COUNTED
from pipelines_portal.core.preparation import missing_migrations
from pipelines_portal.core.times import duration
from pipelines_portal.keys.decryption import read_decryption
from pipelines_portal.keys.expiry import REMINDER_DAYS
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.states import state_of
from pipelines_portal.system import texts
from pipelines_portal.system.heartbeats import SILENT_AFTER
from pipelines_portal.system.metrics import waiting_work
from pipelines_portal.system.models import OVERDUE_AFTER, MailResult, WorkerHeartbeat, last_runs
from pipelines_portal.system.rows import OK, PLAIN, PROBLEM, WARNING, Row, SystemSection
from pipelines_portal.web.api_connection import transport
from pipelines_portal.web.mail import mail_is_on, mail_server

LEAST_FREE = 0.1
QUEUE_WAITS_AFTER = timedelta(minutes=5)
MOST_KEYS, MOST_REJECTIONS, REJECTIONS_READ = 20, 10, 200
TROUBLE = "administrators/troubleshooting"
BACKUP = "administrators/backup"
NO_MAIL_COMES = f"{TROUBLE}#mail-does-not-arrive"
KEYS_LOST = f"{TROUBLE}#api-keys-can-t-be-opened"


def read_sections() -> list[SystemSection]:
    now = timezone.now()
    return [
        SystemSection("programs", "Programs", tuple(_programs(now))),
        SystemSection("database", "Database and disk", tuple(_database())),
        SystemSection("mail", "Mail", (_mail(),)),
        SystemSection("sign-in", "Single sign-on", tuple(_identity_provider())),
        SystemSection("api-keys", "API keys", tuple(_keys(now))),
        SystemSection("backup", "Backup", (_backup(now),)),
        SystemSection("queues", "Queues", tuple(_queues(now))),
    ]


def _programs(now: datetime) -> list[Row]:
    versions = f"{__version__}, Python {platform.python_version()}, Django {django.__version__}"
    seen = list(WorkerHeartbeat.credible().order_by("-seen_at").values_list("seen_at", flat=True)[:100])
    live = sum(seen_at > now - SILENT_AFTER for seen_at in seen)
    newest = seen[0] if seen else None
    if live:
        workers = Row("Portal workers", f"{live} running, last heartbeat", OK, at=newest)
    else:
        guide = f"{TROUBLE}#imports-wait-and-numbers-stand-still"
        value = "None running, last heartbeat" if newest else "None running"
        workers = Row(
            "Portal workers",
            value,
            PROBLEM,
            at=newest,
            advice="Imports and counts wait. Start one, or read its log.",
            guide=guide,
        )
    web = Row("This web process", f"Running, {settings.WEB_THREADS} threads", OK)
    return [Row("Version", versions), web, workers, _clock(transport().clock_offset)]


def _clock(offset: float | None) -> Row:
    """Compare the clocks by the last response to this process."""
    if offset is None:
        return Row("Clock", "Not compared with Pipelines yet")
    if not are_apart(offset):
        return Row("Clock", "Agrees with Pipelines", OK)
    return Row(
        "Clock",
        f"{duration(abs(offset))} {'behind' if offset > 0 else 'ahead of'} Pipelines",
        PROBLEM,
        advice="Set the clock of this server, or that of Pipelines.",
        guide=f"{TROUBLE}#the-clock-is-wrong",
    )


def _database() -> list[Row]:
    missing = sorted(missing_migrations())
    migrations = Row("Migrations", "Up to date", OK)
    if missing:
        value = f"{len(missing)} missing, first {'.'.join(missing[0])}"
        migrations = Row(
            "Migrations",
            value,
            PROBLEM,
            advice="Run pipelines prepare, then restart the services.",
            guide="administrators/upgrade",
        )
    return [Row("Database", f"{_database_version()}, {_size(_database_size())}", OK), migrations, _disk()]


def _database_version() -> str:
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    number = getattr(connection, "pg_version", 0)
    return f"PostgreSQL {number // 10_000}.{number % 10_000}"


def _database_size() -> int:
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        files = (Path(f"{name}{suffix}") for suffix in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _disk() -> Row:
    total, _, free = shutil.disk_usage(settings.DATA_DIR)
    value = f"{_size(free)} of {_size(total)} free in {settings.DATA_DIR}"
    if free < total * LEAST_FREE:
        return Row(
            "Disk",
            value,
            PROBLEM,
            advice="The portal stops when the disk is full. Make room.",
            guide=f"{TROUBLE}#the-portal-is-out-of-disk-space",
        )
    return Row("Disk", value, OK)


def _mail() -> Row:
    if not mail_is_on():
        return Row("Mail server", "Off", WARNING, advice=texts.NO_MAIL, guide="administrators/mail")
    value = f"On, through {mail_server()}, from {settings.DEFAULT_FROM_EMAIL}"
    last = MailResult.objects.first()
    if last and last.reason:
        advice = f"The last mail was not accepted: {last.reason}. Check EMAIL_URL and MAIL_FROM, then send a test mail."
        return Row("Mail server", f"{value} · last tried", PROBLEM, at=last.at, advice=advice, guide=NO_MAIL_COMES)
    return Row("Mail server", value, OK)


def _identity_provider() -> list[Row]:
    if not settings.OIDC_ISSUER:
        return [Row("Identity provider", "Off")]
    rows = [Row("Identity provider", f"{settings.OIDC_NAME}, {settings.OIDC_ISSUER}", OK)]
    rows += [
        Row(f"Team {name}", f"This team doesn’t exist. People in the group “{group}” join no team.", PROBLEM,
            advice="Create the team, or correct OIDC_GROUPS.", guide="administrators/sso#teams-from-groups")
        for group, name in _groups_without_team()
    ]  # fmt: skip
    rejections = Event.objects.filter(verb=Verb.SIGN_IN_REFUSED)[:REJECTIONS_READ]
    lines = [
        (event.at, f"{event.actor_email or 'No email'}: {event.detail.get('reason', '')}")
        for event in rejections
        if event.detail.get("way") == PROVIDER
    ]
    return [*rows, Row("Last refusals", "" if lines else "None", lines=tuple(lines[:MOST_REJECTIONS]))]


def _groups_without_team() -> list[tuple[str, str]]:
    wanted = {name.lower() for name in settings.OIDC_GROUPS.values()}
    known = set(Team.objects.annotate(lower=Lower("name")).filter(lower__in=wanted).values_list("lower", flat=True))
    return [(group, name) for group, name in settings.OIDC_GROUPS.items() if name.lower() not in known]


def _keys(now: datetime) -> list[Row]:
    soon = now + timedelta(days=max(REMINDER_DAYS))
    is_noted = Q(rejected_at__isnull=False) | Q(paused_until__gt=now) | Q(expires_at__lte=soon)
    noted = SavedKey.objects.filter(is_noted).select_related("owner").order_by("name", "pk")
    rows = [row for key in noted[: MOST_KEYS + 1] if (row := _key(key, now))]
    if problem := read_decryption().problem:
        rows.insert(0, Row("Encryption", "Keys can’t be opened", PROBLEM, advice=problem, guide=KEYS_LOST))
    if not rows:
        return [Row("All keys", "None is rejected, paused or about to expire", OK)]
    if len(rows) > MOST_KEYS:
        rows[MOST_KEYS:] = [Row("More", f"Only the first {MOST_KEYS} are shown")]
    return rows


def _key(key: SavedKey, now: datetime) -> Row | None:
    """Return None for a key that works although its owner expected it to have expired."""
    state = state_of(key, now)
    value = f"{state.word} · {key.owner} · …{key.last4}"
    guide = "operators/sign-in#replace-a-key"
    if state.tone == "failed":
        return Row(key.name, value, PROBLEM, advice="Its owner replaces it with a new key.", guide=guide)
    if state.name == "waits":
        return Row(key.name, f"{value} · until", WARNING, at=key.paused_until)
    if state.name == "ends":
        return Row(key.name, value, WARNING, advice="Its owner replaces it before then.", guide=guide)
    return None


def _backup(now: datetime) -> Row:
    last, succeeded = last_runs()
    if last is None:
        state, advice = (
            (
                PROBLEM,
                (
                    "Without a backup, all work is lost with this server. Run pipelines backup FOLDER --keep "
                    "14 every night."
                ),
            )
            if settings.PRODUCTION
            else (PLAIN, "")
        )
        return Row("Last backup", "Never", state, advice=advice, guide=BACKUP if advice else "")
    value = f"{last.file} · {_size(last.bytes)} · {last.files:,} files ·"
    if not last.ok and last.bytes:
        return Row("Last backup", value, PROBLEM, at=last.finished_at, advice=last.problem, guide=BACKUP)
    if not last.ok:
        advice = f"{last.problem} {texts.BACKUP_FAILED}"
        return Row("Last backup", "Failed", PROBLEM, at=last.finished_at, advice=advice, guide=BACKUP)
    if succeeded is last and now - last.started_at > OVERDUE_AFTER:
        return Row(
            "Last backup",
            value,
            PROBLEM,
            at=last.finished_at,
            advice="It is older than 26 hours. Check the timer or the nightly process, and its log.",
            guide=BACKUP,
        )
    return Row("Last backup", value, OK, at=last.finished_at)


def _queues(now: datetime) -> list[Row]:
    return [_queue(name.capitalize(), list(queue[:MOST_COUNTED]), now) for name, queue in waiting_work()]


def _queue(name: str, since: list[datetime], now: datetime) -> Row:
    if not since:
        return Row(name, "Empty", OK)
    count = f"{len(since):,}{'+' if len(since) == MOST_COUNTED else ''}"
    value = f"{count} waiting, the oldest since"
    if now - since[0] > QUEUE_WAITS_AFTER:
        guide = f"{TROUBLE}#imports-wait-and-numbers-stand-still"
        return Row(
            name,
            value,
            PROBLEM,
            at=since[0],
            advice="Read the worker’s log. If it is busy, start another worker.",
            guide=guide,
        )
    return Row(name, value, OK, at=since[0])


def _size(size: int) -> str:
    return filesizeformat(size).replace("\xa0", " ")
