from pipelines_portal.core.housekeeping import TidyCommand
from pipelines_portal.external_api.uploads.sweep import EVERY_HOUR


class Command(TidyCommand):
    tasks = EVERY_HOUR
