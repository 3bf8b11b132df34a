"""The list Customers of the demo: those of its orders, and made-up ones from a fixed seed."""

import random
from collections.abc import Sequence
from typing import Any

from pipelines_portal.entry.lists.files import ListLines

COUNT, SEED, FIRST_CODE = 1_204, 30, 10_001
COLUMNS = ["Code", "Name", "Country"]
# By country: words of names, and legal forms.
PARTS = {
    "DE": (("Ost", "Süd", "Müller", "Jäger", "Grün", "Weiß", "Königs", "Fähr"), ("GmbH", "AG", "KG", "OHG")),
    "AT": (("Alpen", "Donau", "Höller", "Wörther", "Steirer", "Bäcker"), ("GmbH", "KG", "e.U.")),
    "TR": (("Şahin", "Yıldız", "Çelik", "Güneş", "İnci", "Öztürk"), ("A.Ş.", "Ltd. Şti.", "Ticaret Anonim Şirketi")),
    "FR": (("Lefèvre", "Château", "Forêt", "Étoile", "Garçon"), ("SA", "SAS", "SARL")),
}
TRADES = (
    "Logistik", "Textil", "Gıda Sanayi ve", "Maschinenbau", "Bürobedarf", "Café", "Optik", "Möbel", "Holz", "Spedition",
)  # fmt: skip
LONG = " International Vertriebs- und Beteiligungsgesellschaft für den europäischen Großhandel"


def customer_lines(sent: Sequence[dict[str, Any]]) -> ListLines:
    """Return the lines of the list. Names may be equal, and a few are long."""
    known = {str(order["customer"]): [str(order["customer_name"]), str(order["country"])] for order in sent}
    dice = random.Random(SEED)  # noqa: S311 - not for security
    for number in range(COUNT - len(known)):
        country = dice.choice(list(PARTS))
        names, forms = PARTS[country]
        long = LONG if number % 97 == 0 else ""
        name = f"{dice.choice(names)} {dice.choice(TRADES)}{long} {dice.choice(forms)}"
        known[str(FIRST_CODE + number)] = [name, country]
    return ListLines(COLUMNS, [(line, [code, *cells]) for line, (code, cells) in enumerate(sorted(known.items()), 2)])
