"""A key that is pasted into the wrong field is neither stored nor shown again."""

from typing import Any

from pipelines_portal.keys.models import SavedKey
from tests.conftest import ACME
from tests.each_case import each_case
from tests.fake_api import FakeApi


@each_case(
    ("address", "form"),
    [
        ("/keys/", {"name": "KEY", "key": "Acme"}),
        ("/keys/{key}/rename/", {"name": "The KEY of Acme"}),
        ("/keys/{key}/share/", {"people": "KEY"}),
        ("/keys/{key}/hand-over/", {"owner": "KEY"}),
        ("/keys/{key}/workflows/", {"workflow": "42 KEY"}),
    ],
)
def test_it_is_refused(page: Any, saved_key: Any, api: FakeApi, address: str, form: dict[str, str]) -> None:
    second_key = api.new_key(ACME)
    typed = {name: value.replace("KEY", second_key) for name, value in form.items()}
    refused = page.post(address.format(key=saved_key.pk), typed)
    html = refused.content.decode()
    assert (refused.status_code, "That looks like an API key" in html) == (422, True)
    assert second_key not in html and second_key[8:30] not in html
    assert SavedKey.objects.get().name == "Acme"
