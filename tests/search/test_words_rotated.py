"""Words that are kept under an older encryption key while all are renewed: a rotation is not over then."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from pipelines_portal.search import keeping
from pipelines_portal.submissions.digest_keys import DigestKey, fingerprint
from tests.factories import Desk
from tests.search.sending import send_texts

pytestmark = pytest.mark.full

NEW = Fernet.generate_key().decode()


def test_a_worker_that_keeps_words_under_the_older_key_amid_it_is_told_of(
    desk: Desk, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, insert = settings.ENCRYPTION_KEYS, keeping._insert

    def then_rotate(pairs: Any) -> int:
        monkeypatch.setattr(keeping, "_insert", insert)
        count = insert(pairs)
        settings.ENCRYPTION_KEYS = [NEW, *old]
        call_command("rotate_encryption", verbosity=0)
        settings.ENCRYPTION_KEYS = [*old, NEW]
        return count

    settings.ENCRYPTION_KEYS = [*old, NEW]
    monkeypatch.setattr(keeping, "_insert", then_rotate)
    send_texts(desk, "The quick brown Fuchs")
    assert DigestKey.objects.filter(pk=fingerprint(old[0]), is_in_use=True).exists()
