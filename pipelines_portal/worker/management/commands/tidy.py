from pipelines_portal.core.housekeeping import TidyCommand
from pipelines_portal.worker.schedule import EVERY_HOUR


class Command(TidyCommand):
    tasks = EVERY_HOUR
