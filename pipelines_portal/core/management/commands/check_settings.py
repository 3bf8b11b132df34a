import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.core import environment
from pipelines_portal.core.settings_check import check, given_twice

STANDARD_INPUT = "-"


class Command(BaseCommand):
    help = "Find misspelled settings in .env and in other files of the environment. Exits with 1 if there are any."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", metavar="file", help="another file, or - for the standard input")

    def handle(self, *args: Any, files: list[str], **options: Any) -> None:
        checked = {file: check(_read(file)) for file in files}
        env_file = environment.BASE_DIR / ".env"
        if env_file.exists():
            checked[""] = check(environment.env_file_text(env_file))
        elif not files:
            self.stdout.write("There is no .env file here. Name the file that has the settings.")
            return
        given = frozenset[str]().union(*(each.settings for each in checked.values()))
        problems = [
            f"{file}: {problem}".removeprefix(": ") for file, each in checked.items() for problem in each.problems
        ]
        problems += given_twice(given)
        for problem in problems:
            self.stdout.write(problem)
        if problems:
            sys.exit(1)
        self.stdout.write(f"{len(given)} {'setting' if len(given) == 1 else 'settings'}, all known.")


def _read(file: str) -> str:
    if file == STANDARD_INPUT:
        return sys.stdin.read()
    if not Path(file).exists():
        raise CommandError(f"There is no file {file}.")
    return environment.env_file_text(Path(file))
