"""The rows that are derived from the files of an archive."""

import io
from collections.abc import Callable

import pytest

from pipelines_portal.core.zip_rows import ZipRow
from pipelines_portal.external_api.uploads.archives import open_archive
from pipelines_portal.external_api.uploads.zip_rows import NoRowsError, PathHints, problems_of_files, rows_of_files
from tests import archives

ONE, TWO = ["photo"], ["front", "back"]
A_SIDES = {"front": "a/front.png", "back": "a/back.png"}
B_SIDES = {"front": "b/front.png", "back": "b/back.png"}


def rows(build: Callable[[], bytes], fields: list[str]) -> list[ZipRow]:
    with open_archive(io.BytesIO(build())) as archive:
        return rows_of_files(archive.files, archive.folders, fields)


def files_of(build: Callable[[], bytes], fields: list[str]) -> list[dict[str, str]]:
    return [row.files for row in rows(build, fields)]


def photos(*names: str) -> list[dict[str, str]]:
    return [{"photo": name} for name in names]


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (archives.flat_files, photos("bird.png", "cat.png", "dog.png")),
        (archives.junk_beside_files, photos("cat.png", "dog.png")),
        (archives.names_with_dot_segments, photos("cat.png", "dog.png")),
        (archives.names_in_utf8, photos("thé.png", "чай.png", "茶.png")),
        (archives.names_in_utf8_without_the_flag, photos("thé.png")),
        (archives.names_in_cp437, photos("thé.png")),
        (archives.names_decomposed, photos("thé.png")),
        (archives.nested_archive, photos("cat.png", "inner.zip")),
        (archives.stored_without_compression, photos("cat.png", "dog.png")),
        (archives.zip64, photos("cat.png")),
        (archives.with_a_comment, photos("bird.png", "cat.png", "dog.png")),
        (archives.data_before_the_archive, photos("bird.png", "cat.png", "dog.png")),
    ],
)
def test_with_one_file_field_each_top_level_file_is_a_row(
    build: Callable[[], bytes], expected: list[dict[str, str]]
) -> None:
    """S151: rows are sorted by name. Junk is skipped, and an archive inside is a file like others."""
    assert files_of(build, ONE) == expected
    assert not any(row.unknown_files for row in rows(build, ONE))


def test_with_one_file_field_a_folder_is_unknown() -> None:
    """S151: it is a row without a file, which names all files in it."""
    found = rows(archives.folder_beside_flat_files, ONE)
    assert [row.files for row in found] == [{"photo": "cat.png"}, {}, {"photo": "zebra.png"}]
    assert found[1].unknown_files == ["more/bird.png", "more/dog.png"]


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (archives.one_folder_a_task, [A_SIDES, {"front": "b/front.jpg", "back": "b/back.jpg"}]),
        (archives.folders_with_directory_entries, [A_SIDES, B_SIDES]),
        (archives.stems_in_other_case, [{"front": "a/FRONT.png", "back": "a/Back.PNG"}]),
        (archives.exact_stem_beside_other_case, [A_SIDES]),
        (archives.two_files_of_one_stem, [{"front": "a/front.jpg", "back": "a/back.png"}]),
        (archives.junk_inside_folders, [A_SIDES]),
        (archives.folder_with_a_file_missing, [{"front": "a/front.png"}, B_SIDES]),
        (archives.empty_folder, [{}, B_SIDES]),
    ],
)  # fmt: skip
def test_with_several_file_fields_each_top_level_folder_is_a_row(
    build: Callable[[], bytes], expected: list[dict[str, str]]
) -> None:
    """S152, S153: a stem is the name of its field, or differs in case. A second file for a field is an error."""
    assert files_of(build, TWO) == expected
    assert not any(row.unknown_files for row in rows(build, TWO))


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (archives.folder_with_an_unknown_file, [["a/notes.txt"], []]),
        (archives.folder_with_a_folder_inside, [["a/more/front.png"]]),
        (archives.flat_file_beside_folders, [[], ["readme.txt"]]),
    ],
)
def test_files_that_match_no_field_are_unknown(build: Callable[[], bytes], expected: list[list[str]]) -> None:
    """S153: they can be in a folder, deeper in it, or beside the folders."""
    assert [row.unknown_files for row in rows(build, TWO)] == expected


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (archives.two_files_of_one_stem, ("front", "Two files for front: a/front.jpg and a/front.png")),
        (archives.exact_stem_beside_other_case, ("front", "Two files for front: a/front.png and a/FRONT.png")),
    ],
)
def test_two_files_for_a_field_are_an_error(build: Callable[[], bytes], error: tuple[str, str]) -> None:
    """S153: none of them is left out without a word."""
    assert list(problems_of_files(rows(build, TWO), TWO)) == [[error]]


@pytest.mark.parametrize(
    ("names", "fields", "hint"),
    [
        (("all/cat.png", "all/dog.png"), ONE, "All files are in the folder all/: put them at the top level of the ZIP"),
        (("all/a/front.png", "all/b/back.png"), TWO,
         "All folders are in the folder all/: put them at the top level of the ZIP"),
        (("all/cat.png", "dog.png"), ONE, ""),
        (("a/front.png", "a/more/back.png"), TWO, ""),
        (("a/notes.txt",), TWO, ""),
    ],
)  # fmt: skip
def test_a_zipped_folder_is_told(names: tuple[str, ...], fields: list[str], hint: str) -> None:
    """S151, S152: somebody zipped a folder instead of what is in it."""
    errors, *_ = problems_of_files(rows(lambda: archives.files(*names), fields), fields)
    assert errors == ([(fields[0], hint)] if hint else [])


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("Images\\Cat.PNG", "A file in the ZIP differs only in case or slashes: images/cat.png"),
        ("cat.png", "All files are in a folder of the ZIP; this one is images/cat.png"),
        ("images/.dog.png", "A file in the ZIP is skipped as a system or hidden file: images/.dog.png"),
        ("bird.png", ""),
        ("", ""),
    ],
)
def test_a_path_gets_the_hint_that_helps(path: str, hint: str) -> None:
    """S150: the path of a row that names a file which is not there."""
    assert PathHints(["images/cat.png", "images/.dog.png", ".DS_Store"]).hint(path) == hint


@pytest.mark.parametrize("build", [archives.only_junk, archives.no_entries, archives.only_empty_folders])
def test_an_archive_without_files_makes_no_rows(build: Callable[[], bytes]) -> None:
    """S150: junk and folders are not files."""
    with pytest.raises(NoRowsError, match="holds no files"):
        rows(build, ONE)


def test_five_thousand_rows_are_the_maximum() -> None:
    """S150: one more is refused."""
    assert len(rows(archives.five_thousand_files, ONE)) == 5000
    with pytest.raises(NoRowsError, match="5,001 tasks"):
        rows(archives.five_thousand_and_one_files, ONE)


def test_fields_that_differ_in_case_have_different_files() -> None:
    """S153: a file whose stem is the name of a field is not used for another one."""
    [row] = rows(archives.exact_stem_beside_other_case, ["front", "FRONT", "back"])
    assert (row.files, row.second_files) == (A_SIDES | {"FRONT": "a/FRONT.png"}, [])
