from pipelines_portal.core.tidying import TidyCommand
from pipelines_portal.external_api.uploads.sweep import TIDYING


class Command(TidyCommand):
    duties = TIDYING
