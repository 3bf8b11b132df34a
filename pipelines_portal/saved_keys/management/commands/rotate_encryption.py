import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.saved_keys.rotation import Outcome, encrypted_columns, rotate, rotate_second_steps
from pipelines_portal.saved_keys.signals import keys_given_up, keys_missed, keys_retired, keys_rotated, rotation_began

STILL_WRITES = (
    "A program still writes with an older key in front. Restart all of them with the new key in front, and run this "
    "again."
)
MISSED = (
    "Some of what was sent was kept with a key that is not among ENCRYPTION_KEYS here: imports wait for it where it is "
    "missing, and forms ask before they send. If nobody has it any more: run this with --lost."
)
# Where so many find something each, somebody goes on writing it.
MOST_PASSES = 3
SECONDS_BETWEEN_WORDS = 10


class Command(BaseCommand):
    help = (
        "Re-encrypt everything kept under the first of ENCRYPTION_KEYS. Put the new key behind the old ones, restart "
        "all programs, put it in front, restart them again, run this, then leave the old keys out. "
        "It may be stopped and run again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--lost",
            action="store_true",
            help="Nobody has the key any more of what cannot be opened: leave that as it is, and compare no row with "
            "what was sent under it.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        total: Counter[Outcome] = Counter()
        rotation_began.send(Command)
        for column in encrypted_columns():
            total += self._told(column.kind, rotate(column))
        total += self._told("second step: secret", [rotate_second_steps()])
        for _, told in keys_rotated.send(Command):
            total += self._told(*cast(tuple[str, Iterable[Counter[Outcome]]], told))
        total += self._passed_again() if total[Outcome.ROTATED] and not total[Outcome.CHANGED] else Counter()
        record(Verb.SETTING_CHANGED, by=None, label="ENCRYPTION_KEYS", values=_words(total))
        self._end(total, is_lost=options["lost"])

    def _passed_again(self) -> Counter[Outcome]:
        """What was kept meanwhile as it was read before, from where nobody had passed to where somebody had."""
        found: Counter[Outcome] = Counter()
        for _ in range(MOST_PASSES):
            again = sum((sum(rotate(column), Counter()) for column in encrypted_columns()), rotate_second_steps())
            more = Counter({each: again[each] for each in (Outcome.ROTATED, Outcome.CHANGED)})
            found += more
            if not more[Outcome.ROTATED]:
                return found
        raise CommandError(STILL_WRITES)

    def _end(self, total: Counter[Outcome], *, is_lost: bool) -> None:
        if total[Outcome.CHANGED]:
            raise CommandError(f"{total[Outcome.CHANGED]:,} changed meanwhile. Run this again.")
        sealed = f"{total[Outcome.UNREADABLE]:,} cannot be opened with any of ENCRYPTION_KEYS"
        if total[Outcome.UNREADABLE] and not is_lost:
            raise CommandError(
                f"{sealed}. Put the key that they were made with behind the others, and run this again. If nobody has "
                "it any more: run this with --lost, which leaves them as they are."
            )
        if is_lost:
            keys_given_up.send(Command)
            self.stdout.write(f"{sealed}, and stay as they are. What was sent under a lost key is not told apart.")
        if sum(cast(int, still_used) for _, still_used in keys_retired.send(Command)):
            raise CommandError(STILL_WRITES)
        self.stdout.write("Everything else is encrypted" if is_lost else "Everything is encrypted", ending=" ")
        self.stdout.write("with the first key: the others can be left out.")
        if any(missed for _, missed in keys_missed.send(Command)):
            self.stdout.write(MISSED)

    def _told(self, kind: str, batches: Iterable[Counter[Outcome]]) -> Counter[Outcome]:
        """Also now and then how far it is: a large portal's takes hours."""
        counts, said = Counter[Outcome](), time.monotonic()
        for batch in batches:
            counts += batch
            if time.monotonic() - said >= SECONDS_BETWEEN_WORDS:
                said = time.monotonic()
                self._say(f"{kind}, so far", counts)
        self._say(kind, counts)
        return counts

    def _say(self, kind: str, counts: Counter[Outcome]) -> None:
        self.stdout.write(f"{kind}: " + ", ".join(_words(counts)))
        self.stdout.flush()


def _words(counts: Counter[Outcome]) -> list[str]:
    return [f"{counts[each]:,} {each.value}" for each in Outcome]
