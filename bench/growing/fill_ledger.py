"""The portal's ledger filled by its size's name, settings in the environment: `fill_ledger.py SIZE KEY`.

Prints, as JSON, a signed-in person's cookie and the addresses that are asked.
"""

import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from filled.addresses import addresses_for  # noqa: E402
from filled.side import fill, signed_in  # noqa: E402

ASKED = {
    "the home page": "overview:home",
    "the ledger": "submissions:list",
    "of the whole team": "submissions:list ?who=team",
    "its oldest page": "submissions:list ?before={oldest}",
    "by a rare state": "submissions:list ?state=rejected",
    "one large submission": "submissions:detail",
    "its refused rows": "submissions:detail ?only=rejected",
    "found by a word": "search:search ?q=order0000300",
}

size, key = sys.argv[1:]
person = fill(size, key)
with connection.cursor() as cursor:
    cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
known = addresses_for(person)
prefixes = {
    name: known.get(of) or next(value for text, value in known.items() if text.startswith(of))
    for name, of in ASKED.items()
}
cookie = signed_in().cookies[settings.SESSION_COOKIE_NAME].value
print(
    json.dumps(
        {
            "cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}",
            "addresses": {name: one["address"] for name, one in prefixes.items()},
        }
    )
)
