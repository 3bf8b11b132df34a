"""`pipelines --help` and the list of commands in the guide: what an administrator needs, and nothing else."""

from pipelines_portal.core.command_list import Commands


def test_the_help_lists_our_commands_and_useful_ones_of_django() -> None:
    lines = dict(line.split(maxsplit=1) for line in Commands(["manage.py"]).main_help_text().splitlines()[2:])
    assert lines["setup_link"] == "Print the link to the form for the first account, or nothing if there are accounts"
    assert {"backup", "createsuperuser", "check_settings", "shell", "dbshell"} <= lines.keys()
    assert not {"flush", "loaddata", "testserver", "startproject", "db_worker"} & lines.keys()
