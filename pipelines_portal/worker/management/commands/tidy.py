from pipelines_portal.core.housekeeping import TidyCommand
from pipelines_portal.worker.duties import TIDYING


class Command(TidyCommand):
    duties = TIDYING
