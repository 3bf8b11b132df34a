from pipelines_portal.external_api.uploads.tidying import TIDYING
from pipelines_portal.shared.tidying import TidyCommand


class Command(TidyCommand):
    duties = TIDYING
