from pipelines_portal.core.management.commands.setup_link import Command as Command
