"""Reading an archive's list of files out of its end, and what is said about it. The rules are in tests/contract."""

import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.uploads.archive.directory import (
    MAX_TAIL_BYTES,
    Directory,
    Tail,
    TailTooShort,
    Unusable,
    read_directory,
)
from pipelines_portal.uploads.archive.preview import Preview, preview_of_archive
from tests.archives import (
    archive,
    files,
    five_thousand_files,
    flat_files,
    one_folder_a_task,
    windows_paths,
    with_a_comment,
)
from tests.browser.big_archives import sparse_archive
from tests.hostile_archives import (
    HOSTILE,
    backslashes_beside_slashes,
    huge_directory,
    parent_folder,
    part_of_a_split_archive,
)


def schema(*names: str, optional: tuple[str, ...] = ()) -> Schema:
    fields = [Field(name=name, title=name.title(), type="file_upload", required=name not in optional) for name in names]
    return Schema(fields=fields, has_file_upload_fields=True, has_only_file_upload_fields=True)


def read(data: bytes, tail: int) -> Directory:
    return read_directory(Tail(data[-tail:], len(data)))


def preview(data: bytes, *names: str) -> Preview:
    return preview_of_archive(read(data, len(data)), schema(*names))[0]


@pytest.mark.parametrize("build", [flat_files, five_thousand_files])
def test_too_short_an_end_says_how_much_is_needed(build: Callable[[], bytes]) -> None:
    """One more try is enough, and does not take the whole file."""
    data = build()
    with pytest.raises(TailTooShort) as more:
        read(data, 64)
    assert more.value.needed < len(data)
    assert read(data, more.value.needed) == read(data, len(data))


def test_a_comment_takes_its_longest_length() -> None:
    data = bytes(200_000) + with_a_comment()
    with pytest.raises(TailTooShort) as more:
        read(data, 64)
    assert more.value.needed <= 70_000
    assert len(read(data, more.value.needed).files) == 3


def test_ten_gigabytes_are_read_by_their_end(tmp_path: Path) -> None:
    """zip64: offsets beyond 4 GiB, from a few hundred bytes."""
    names = [f"{number}.bin" for number in range(10)]
    path = sparse_archive(tmp_path / "large.zip", *names, mebibytes=10 * 1024)
    assert path.stat().st_size > 10 * 1024**3
    with path.open("rb") as file:
        file.seek(-4096, 2)
        end = file.read()
    assert read_directory(Tail(end, path.stat().st_size)).files == names


SLOW_TO_BUILD = {"bomb_by_count", "bomb_by_sum"}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[pytest.mark.full] * (case in SLOW_TO_BUILD)) for case in HOSTILE]
)
def test_hostile_archives_cost_little(case: str) -> None:
    """Refused from the end that a browser may send at most, with memory bounded whatever the archive says of itself."""
    data = HOSTILE[case]()
    end = data[-MAX_TAIL_BYTES:]
    tracemalloc.start()
    try:
        with pytest.raises(Unusable):
            read_directory(Tail(end, len(data)))
        assert tracemalloc.get_traced_memory()[1] < 120 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_directory_too_large_is_refused_before_it_is_requested() -> None:
    data = huge_directory()
    with pytest.raises(Unusable, match="50,000 entries"):
        read(data, 1024)


def test_garbage_raises_no_unexpected_error() -> None:
    """Bytes flipped and cut anywhere: read, refused or asked for more, and nothing else."""
    generator = random.Random(5)
    whole = one_folder_a_task()
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(generator.randint(1, 6)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        data = data[: generator.randint(len(data) - 30, len(data))]
        try:
            read(bytes(data), generator.randint(1, len(data)))
        except (Unusable, TailTooShort):
            pass


def test_a_false_size_is_refused() -> None:
    for size in (0, 1, 22):
        with pytest.raises((Unusable, TailTooShort)):
            read_directory(Tail(flat_files(), size))


@pytest.mark.parametrize(
    ("data", "names", "folder"),
    [
        (files("photos/cat.png", "photos/dog.png"), ("photo",), "photos/"),
        (files("batch/a/front.png", "batch/a/back.png", "batch/b/front.png"), ("front", "back"), "batch/"),
        (files("photos/", "photos/cat.png", "__MACOSX/photos/._cat.png", ".DS_Store"), ("photo",), "photos/"),
    ],
)  # fmt: skip
def test_wrapper_folder_is_named(data: bytes, names: tuple[str, ...], folder: str) -> None:
    found = preview(data, *names)
    assert [problem.title for problem in found.problems] == [f"All files are inside {folder}"]
    assert not found.can_go_on


def test_a_wrapper_of_several_folders_is_named_whole() -> None:
    found = preview(files("outer/inner/a/front.png", "outer/inner/a/back.png"), "front", "back")
    assert [(problem.wrapper, problem.wrapper_levels) for problem in found.problems] == [("outer/inner/", 2)]


def test_backslashes_are_read_as_the_slashes_they_were_meant_to_be() -> None:
    found = preview(windows_paths(), "front", "back")
    assert (found.good_count, [row.entry for row in found.rows]) == (2, ["a/", "b/"])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (part_of_a_split_archive(), "one part of a split ZIP file"),
        (backslashes_beside_slashes(), "use both “/” and"),
        (parent_folder(), "leads outside of it"),
    ],
)
def test_what_is_wrong_is_called_by_its_name(data: bytes, words: str) -> None:
    with pytest.raises(Unusable, match=words):
        read(data, len(data))


def test_created_and_rejected_rows_are_told_apart() -> None:
    found = preview(files("a/front.png", "a/back.png", "b/front.png", "c/back.png", "c/front.png"), "front", "back")
    assert [row.entry for row in found.rows] == ["a/", "c/"]
    assert [(row.entry, row.problems) for row in found.rejected_rows] == [("b/", ["Back is missing"])]


def test_names_that_turn_the_text_around_do_not() -> None:
    """The sign itself is shown; letters that run from right to left stay between marks of their own."""
    found = preview(files("a/front.png", "a/back.png", "a/x\u202egnp.exe", "a/\u05e9\u05dc.txt"), "front", "back")
    assert found.rejected_rows[0].problems == [
        "x\ufffdgnp.exe matches no field",
        "\u2068\u05e9\u05dc.txt\u2069 matches no field",
    ]


def test_a_file_in_a_folder_inside_its_folder_is_in_a_subfolder() -> None:
    """The file's name may be right. The folder that it is in is wrong."""
    found = preview(
        files("a/front.png", "a/back.png", "b/deep/front.png", "b/front.png", "b/back.png"), "front", "back"
    )
    assert [(row.entry, row.problems) for row in found.rejected_rows] == [("b/", ["deep/front.png is in a subfolder"])]
    assert [problem.title for problem in found.problems] == ["1 file in a subfolder"]


def test_files_and_folders_of_the_other_kind_are_rejected_by_pipelines() -> None:
    """They are rows for the API, so the page counts them as it does, and says so."""
    found = preview(files("a.png", "sub/b.png", "sub/c.png"), "photo")
    assert (found.good_count, found.rejected_count, found.has_one_file_field) == (1, 1, True)
    assert found.problems[0].title == "2 files in subfolders"
    assert found.problems[0].advice.endswith("Pipelines rejects folders.")


def test_one_good_folder_is_no_wrapper() -> None:
    found = preview(files("a/front.png", "a/back.png"), "front", "back")
    assert (found.problems, found.good_count) == ([], 1)


def test_each_kind_of_fault_is_told_once_with_examples() -> None:
    names = [f"{number:03}/front.png" for number in range(40)]
    names += ["good/front.png", "good/back.png", "notes/readme.txt", "notes/front.png", "notes/back.png"]
    found = preview(files(*names, "top.png", "empty/"), "front", "back")
    problems = {problem.title: (problem.examples, problem.more) for problem in found.problems}
    assert problems["40 tasks without Back"] == ([f"{number:03}/" for number in range(5)], 35)
    assert problems["1 file with an unknown name"] == (["notes/readme.txt"], 0)
    assert problems["1 file outside a folder"] == (["top.png"], 0)
    assert problems["1 empty folder"] == (["empty/"], 0)
    assert (found.task_count, found.good_count, found.rejected_count) == (44, 1, 43)
    assert (len(found.rows), len(found.rejected_rows)) == (1, 12)


def test_optional_field_may_be_missing() -> None:
    data = files("a/front.png")
    found, _ = preview_of_archive(read(data, len(data)), schema("front", "back", optional=("back",)))
    assert (found.problems, found.good_count) == ([], 1)


def test_second_file_of_a_field_is_an_error() -> None:
    found = preview(files("a/front.jpg", "a/front.png", "a/back.png"), "front", "back")
    assert found.good_count == 0
    assert [(problem.level, problem.examples) for problem in found.problems] == [("error", ["a/front.png"])]


def test_system_files_are_counted() -> None:
    assert preview(files("cat.png", ".DS_Store", "__MACOSX/._cat.png"), "photo").ignored_count == 2


def test_odd_stems_are_taken_as_the_api_takes_them() -> None:
    found = preview(files("a/front.tar.gz", "a/front", "a/back.png"), "front", "back")
    assert [(file.path, file.field) for file in found.rejected_rows[0].files] == [
        ("back.png", "Back"),
        ("front", "Front"),
    ]
    assert found.rejected_rows[0].problems == ["front.tar.gz matches no field"]


def test_local_header_of_an_absurd_length_is_refused() -> None:
    """A directory entry that says its file is larger than the archive."""
    data = bytearray(archive([("cat.png", b"x" * 10)], zipfile.ZIP_STORED))
    at = data.index(b"PK\x01\x02")
    data[at + 20 : at + 24] = struct.pack("<L", 2**31)
    with pytest.raises(Unusable, match="overlap"):
        read(bytes(data), len(data))
