"""The most common mistake: the folder was zipped, and not what is in it."""

from pipelines_portal.api_client import Schema

from .derived_rows import derive_rows, is_junk
from .directory import Directory
from .findings import Problem, findings_of
from .tail import Unusable


def wrapper_problem(directory: Directory, schema: Schema) -> Problem | None:
    """Told when everything lies in one folder, and would make tasks if it did not."""
    files = [path for path in directory.files if not is_junk(path)]
    tops = {path.split("/")[0] for path in files}
    if len(tops) != 1 or not all("/" in path for path in files):
        return None
    top = f"{tops.pop()}/"
    if not _would_do_without(top, files, schema):
        return None
    return Problem(
        "error",
        f"Everything lies in one folder, {top}",
        "The API looks at the archive's top level only, so this folder counts as one task. Open the folder, select "
        "what is in it, and make the archive of that.",
        [top],
    )


def _would_do_without(top: str, files: list[str], schema: Schema) -> bool:
    """Whether the same files without that folder would make at least one good task, which with it none is."""
    names = [file_field.name for file_field in schema.file_fields]
    inside = Directory([path.removeprefix(top) for path in files])
    try:
        with_it, without = derive_rows(Directory(files), names), derive_rows(inside, names)
    except Unusable:
        return False
    rejected = any(finding.rejects for finding in findings_of(with_it[0], schema))
    return rejected and any(not any(f.rejects for f in findings_of(row, schema)) for row in without)
