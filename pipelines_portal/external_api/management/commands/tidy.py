from pipelines_portal.core.tidying import TidyCommand
from pipelines_portal.external_api.uploads.tidying import TIDYING


class Command(TidyCommand):
    duties = TIDYING
