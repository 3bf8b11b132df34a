"""The storage of the External API and the portal's question whether browsers may upload to it."""

from pipelines_portal.uploads.storage_links import Cors, ask_cors
from tests.live import ExternalApi


def test_embedded_storage_refuses_another_origin(api: ExternalApi) -> None:
    url = f"{api.server.url}/storage/archives/11111111-1111-4111-8111-111111111111.zip"
    assert ask_cors(url, "http://evil.example") is Cors.REFUSED
