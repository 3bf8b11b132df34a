"""What tells one version of a stored file from another of its name."""

import os


def version_of(state: os.stat_result) -> str:
    return f"{state.st_ino}-{state.st_mtime_ns}-{state.st_size}"
