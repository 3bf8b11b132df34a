"""Re-encrypting what is kept under the first of ENCRYPTION_KEYS, so that older ones can be retired.

Every binary column of ours holds something encrypted, and nothing else; what second steps know is encrypted inside
their JSON. Rows are read as they are stored, and written only where they still hold what was read: programs may run
beside, and a run may stop anywhere and be repeated.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

# Of what may be a megabyte each.
BATCH = 50
# Of a second step: an app's secret, and what recovery codes are made of.
SECRETS = ("secret", "seed")


class Outcome(Enum):
    ROTATED = "re-encrypted"
    UP_TO_DATE = "up to date"
    CHANGED = "changed meanwhile"
    UNREADABLE = "cannot be opened"


@dataclass(frozen=True)
class Column:
    """A column of encrypted values, and what people call them."""

    table: str
    key: str
    name: str
    kind: str


def encrypted_columns() -> list[Column]:
    """All there are, by the apps' models."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("pipelines_portal.")]
    return [_column(model, field) for model in ours for field in model._meta.fields if _is_encrypted(field)]


def _is_encrypted(field: "models.Field[Any, Any]") -> bool:
    return isinstance(field, models.BinaryField)


def _column(model: type[models.Model], field: "models.Field[Any, Any]") -> Column:
    kind = f"{model._meta.verbose_name}: {field.verbose_name}"
    return Column(model._meta.db_table, str(model._meta.pk.column), str(field.column), kind)


def rotate(column: Column) -> Iterator[Counter[Outcome]]:
    """Batch by batch, each in a transaction of its own."""
    last: Any = None
    while rows := _batch(column, last):
        last = rows[-1][0]
        with transaction.atomic():
            counts = Counter(_rotate_row(column, key, bytes(token)) for key, token in rows if token)
        yield counts


def _batch(column: Column, after: Any) -> list[tuple[Any, Any]]:
    table, key, name = map(connection.ops.quote_name, (column.table, column.key, column.name))
    condition, values = (f"WHERE {key} > %s", [after]) if after is not None else ("", [])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key}, {name} FROM {table} {condition} ORDER BY {key} LIMIT {BATCH}", values)  # noqa: S608 - names of our own, quoted
        return list(cursor.fetchall())


def rotate_second_steps() -> Counter[Outcome]:
    """Each in a transaction of its own: a person has few."""
    kept = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).values_list("pk", "data", named=True)
    return Counter(_rotate_second_step(row.pk, row.data) for row in list(kept))


def _rotate_second_step(key: int, data: dict[str, Any]) -> Outcome:
    name = next(each for each in SECRETS if each in data)
    renewed = _renew(data[name].encode())
    if isinstance(renewed, Outcome):
        return renewed
    unchanged = Authenticator.objects.filter(pk=key, data=data)
    return Outcome.ROTATED if unchanged.update(data=data | {name: renewed.decode()}) else Outcome.CHANGED


def _rotate_row(column: Column, key: Any, token: bytes) -> Outcome:
    renewed = _renew(token)
    if isinstance(renewed, Outcome):
        return renewed
    return Outcome.ROTATED if _swap(column, key, token, renewed) else Outcome.CHANGED


def _renew(token: bytes) -> bytes | Outcome:
    """It under the first key, or why there is none to write."""
    if _opens(settings.ENCRYPTION_KEYS[:1], token):
        return Outcome.UP_TO_DATE
    try:
        return MultiFernet([Fernet(each) for each in settings.ENCRYPTION_KEYS]).rotate(token)
    except InvalidToken:
        return Outcome.UNREADABLE


def _opens(keys: list[str], token: bytes) -> bool:
    try:
        MultiFernet([Fernet(each) for each in keys]).decrypt(token)
    except InvalidToken:
        return False
    return True


def _swap(column: Column, key: Any, token: bytes, renewed: bytes) -> bool:
    table, key_name, name = map(connection.ops.quote_name, (column.table, column.key, column.name))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {name} = %s WHERE {key_name} = %s AND {name} = %s",  # noqa: S608 - as above
            [renewed, key, token],
        )
        return bool(cursor.rowcount == 1)
