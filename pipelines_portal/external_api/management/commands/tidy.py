from pipelines_portal.core.housekeeping import TidyCommand
from pipelines_portal.external_api.uploads.sweep import TIDYING


class Command(TidyCommand):
    duties = TIDYING
