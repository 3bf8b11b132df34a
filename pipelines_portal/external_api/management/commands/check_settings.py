from pipelines_portal.core.management.commands.check_settings import Command as Command
