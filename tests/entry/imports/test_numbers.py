"""A number of an import that is a link is that of the rows behind it. No two statuses have as many rows."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from pipelines_portal.entry.rows.fixing import change_rows, edit_row, skip_row
from tests.fake_api import FakeApi
from tests.htmx_page import HtmxPage

from .conftest import Checked, work
from .test_sending import address, send

NUMBERS = {"created": 7, "rejected": 2, "with errors": 3, "duplicates": 4, "skipped": 8, "ready": 6}
# The page of errors has what the API rejected, too.
BEHIND = NUMBERS | dict.fromkeys(("rejected", "with errors"), NUMBERS["rejected"] + NUMBERS["with errors"])
NUMBER = re.compile(r"([\d,]+) (?:tasks )?(.*)")


def test_numbers_of_an_import(page: Any, checked: Checked, before_api: FakeApi, person: Any) -> None:
    before_api.rejects = "bad"
    good = [[f"Hello {number}", "French"] for number in range(7)]
    wrong = [[f"Wrong {number}", "Germn"] for number in range(3 + 6)]
    unwanted = [[f"Unwanted {number}", "French"] for number in range(8)]
    sheet = checked([*good, ["bad 1", "French"], ["bad 2", "French"], *wrong, *[good[0]] * 4, *unwanted])
    change_rows(sheet, person, "skip", range(24, 32), skip_row)
    send(page, sheet, 9)
    work()
    sheet.refresh_from_db()
    change_rows(sheet, person, "mend", range(11, 17), lambda row: edit_row(row, {"target_language": "French"}))

    told = dict[str, set[int]]()
    for where in ("/submissions/", f"/keys/{sheet.key_id}/workflows/42/import/", address(sheet, "progress")):
        for words, number, link in numbers_on(HtmxPage(page, where)):
            told.setdefault(words, set()).add(number)
            behind = rows_behind(HtmxPage(page, link))
            assert behind in (None, BEHIND[words]), (where, words, link)
    assert told == {words: {number} for words, number in NUMBERS.items()}
    chips = [node.text for node in HtmxPage(page, address(sheet, "page")).find_all("a[href]")]
    assert {"All 30", "Errors 5", "Duplicates 4", "Skipped 8", "Ready 6"} <= set(chips)


def numbers_on(shown: HtmxPage) -> Iterator[tuple[str, int, str]]:
    """Yield the words, the number and the address of each link whose words are of a status."""
    for link in shown.find_all("a"):
        found = NUMBER.fullmatch(link.text)
        if found and found[2] in NUMBERS:
            yield found[2], int(found[1]), urljoin(shown.address, link["href"])


def rows_behind(shown: HtmxPage) -> int | None:
    """Return None for another page than that of an import: its list is counted in tests of its own."""
    if "/progress/" not in shown.address:
        return None
    table = shown.find("table")
    return len([node for node in table.walk() if node.tag == "tr"]) - 1
