"""The key of a request, as SQL, against the plain queryset."""

from pipelines_portal.external_api.models import OrganizationKey
from pipelines_portal.external_api.reads import read_key
from tests.external_api.factories import Tenant


def test_a_key_is_what_the_queryset_reads(tenant: Tenant) -> None:
    key = OrganizationKey.objects.latest("pk")
    found = read_key(key.sha256)
    assert found == key
    names = [field.attname for field in OrganizationKey._meta.concrete_fields]
    assert [getattr(found, name) for name in names] == [getattr(key, name) for name in names]
    assert read_key("0" * 64) is None
