"""Each file of the corpus is read as expected."""

import pytest

from pipelines_portal.spreadsheets.cells import text_of, value_of
from pipelines_portal.spreadsheets.limits import RowsFileError
from pipelines_portal.spreadsheets.reading import likely_header
from pipelines_portal.workflows.fields.reading.numbers import suggest_decimal
from tests.spreadsheets.corpus.case import Case
from tests.spreadsheets.corpus.spreadsheets import SPREADSHEETS
from tests.spreadsheets.corpus.texts import TEXTS
from tests.spreadsheets.reading import Whole, read_whole

CASES = {case.name: case for case in (*TEXTS, *SPREADSHEETS)}


@pytest.mark.parametrize("name", CASES)
def test_each_file_is_read_as_expected(name: str) -> None:
    case = CASES[name]
    if case.refused:
        with pytest.raises(RowsFileError, match=case.refused):
            read_whole(case.data(), case.options)
        return
    whole = read_whole(case.data(), case.options)
    assert dict(zip(whole.numbers, whole.texts, strict=True)) == case.lines
    assert likely_header(whole.lines) == case.header
    _check_found(case, whole)


def _check_found(case: Case, whole: Whole) -> None:
    findings = vars(whole.found)
    assert {key: findings[key] for key in case.found} == case.found
    assert len(whole.found.remarks) == len(case.remarks), whole.found.remarks
    assert all(words in said for words, said in zip(case.remarks, whole.found.remarks, strict=True))
    by_number = dict(whole.lines)
    assert {place: value_of(by_number[place[0]][place[1]]) for place in case.values} == case.values
    if case.decimal is not None:
        assert suggest_decimal(text_of(cell) for _, cells in whole.lines for cell in cells) == case.decimal


def test_the_corpus_has_forty_files() -> None:
    assert len(CASES) >= 40
