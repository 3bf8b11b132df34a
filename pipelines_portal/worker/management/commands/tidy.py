from pipelines_portal.core.tidying import TidyCommand
from pipelines_portal.worker.duties import TIDYING


class Command(TidyCommand):
    duties = TIDYING
