"""The commands of manage.py. Its help lists our own, and those of Django that help an administrator."""

from django.core.management import ManagementUtility, get_commands, load_command_class

OF_DJANGO = {"check", "dbshell", "shell", "showmigrations"}


class Commands(ManagementUtility):
    def main_help_text(self, commands_only: bool = False) -> str:
        apps = {name: app for name, app in sorted(get_commands().items()) if name in OF_DJANGO or _is_ours(app)}
        if commands_only:
            return "\n".join(apps)
        helps = {name: load_command_class(app, name).help.partition(". ")[0] for name, app in apps.items()}
        lines = [f"  {name:22}{text.rstrip('.')}" for name, text in helps.items()]
        # Without settings, only those of Django are known.
        problem = ["", str(self.settings_exception)] if self.settings_exception else []
        return "\n".join(["Commands. COMMAND --help says more about one:", "", *lines, *problem])


def _is_ours(app: str) -> bool:
    return app.startswith("pipelines_portal")
