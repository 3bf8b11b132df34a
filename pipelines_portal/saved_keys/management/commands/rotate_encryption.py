from collections import Counter
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.saved_keys.rotation import Column, Outcome, encrypted_columns, rotate, rotate_second_steps
from pipelines_portal.saved_keys.signals import keys_rotated


class Command(BaseCommand):
    help = (
        "Re-encrypt everything kept under the first of ENCRYPTION_KEYS. Put the new key behind the old ones, restart "
        "all programs, put it in front, restart them again, run this, then leave the old keys out. "
        "It may be stopped and run again at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        total: Counter[Outcome] = Counter()
        for column in encrypted_columns():
            total += self._column(column)
        total += self._told("second step: secret", rotate_second_steps())
        for _, told in keys_rotated.send(Command):
            total += self._told(*cast(tuple[str, Counter[Outcome]], told))
        record(Verb.SETTING_CHANGED, by=None, label="ENCRYPTION_KEYS", values=_words(total))
        if total[Outcome.UNREADABLE]:
            raise CommandError(
                f"{total[Outcome.UNREADABLE]:,} cannot be opened with any of ENCRYPTION_KEYS. Put the key that they "
                "were made with behind the others, and run this again."
            )
        if total[Outcome.CHANGED]:
            raise CommandError(f"{total[Outcome.CHANGED]:,} changed meanwhile. Run this again.")
        self.stdout.write("Everything is encrypted with the first key: the others can be left out.")

    def _column(self, column: Column) -> Counter[Outcome]:
        counts: Counter[Outcome] = Counter()
        for batch in rotate(column):
            counts += batch
        return self._told(column.kind, counts)

    def _told(self, kind: str, counts: Counter[Outcome]) -> Counter[Outcome]:
        self.stdout.write(f"{kind}: " + ", ".join(_words(counts)))
        return counts


def _words(counts: Counter[Outcome]) -> list[str]:
    return [f"{counts[each]:,} {each.value}" for each in Outcome]
