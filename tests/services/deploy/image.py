"""The image of deploy/Containerfile, built without a registry, and with no network once its parts are there.

What comes from elsewhere, Debian's packages and Python's, is kept below var/ by what was asked for.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.external_api.server import PROJECT

KEPT = PROJECT / "var" / "image-parts"
SUITE, PACKAGES = "trixie", "python3-venv,ca-certificates,tzdata,postgresql-client"
PYTHON = "3.13"
NOT_WANTED = ("man", "doc", "info", "locale", "i18n")
PLATFORMS = ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34")
REQUIREMENTS = PROJECT / "requirements-extras.txt"
# Where a container may not set up what a container needs.
BY_HAND = ["--network", "host", "--ulimit", "nofile=20000:20000", "--ulimit", "nproc=96365:96365", "--pull-never"]
NO_NETWORK = ["unshare", "--net"]


@dataclass(frozen=True)
class Image:
    """`config` is what it says of itself; `root` its files."""

    root: Path
    config: dict[str, Any]
    size: int

    @property
    def env(self) -> dict[str, str]:
        return dict(text.split("=", 1) for text in self.config["Env"])


def build(folder: Path) -> Image:
    """Everything of it lies in `folder`, which the caller removes."""
    wheels, base = (
        kept_part("wheels", digest(REQUIREMENTS.read_text()), make_wheels),
        kept_part("base", base_key(), make_base),
    )
    (folder / "Containerfile").write_text("FROM scratch\nADD base.tar /\n")
    _buildah(folder, "build", *BY_HAND, "--quiet", "--tag", "base", "--file", f"{folder}/Containerfile", str(base))
    offline = ["--build-arg", "PIP_NO_INDEX=1", "--build-arg", "PIP_FIND_LINKS=/wheels"]
    mounted = ["--volume", f"{wheels}:/wheels:ro"]
    builder = " ".join([*NO_NETWORK, *_builder(folder)])
    given = [*BY_HAND, *mounted, *offline, "--build-arg", "BASE=localhost/base"]
    run([str(PROJECT / "bin/image"), *given, "--tag", "built"], BUILDER=builder)
    return _opened(folder)


def _opened(folder: Path) -> Image:
    container = _buildah(folder, "from", "--pull-never", "--network", "host", "localhost/built")
    root = Path(_buildah(folder, "mount", container))
    told = json.loads(_buildah(folder, "inspect", "--type", "image", "localhost/built"))["Docker"]
    size = sum(file.lstat().st_size for file in root.rglob("*") if file.is_file() and not file.is_symlink())
    return Image(root, told["config"], size)


def _builder(folder: Path) -> list[str]:
    return ["buildah", "--storage-driver", "vfs", "--root", f"{folder}/store", "--runroot", f"{folder}/run"]


def _buildah(folder: Path, *arguments: str) -> str:
    return run([*_builder(folder), *arguments])


def run(command: list[str], **env: str) -> str:
    env = os.environ | {"BUILDAH_ISOLATION": "chroot"} | env
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout.strip()


def kept_part(name: str, key: str, make: Any) -> Path:
    """The folder that `make` fills, whole or not at all."""
    folder = KEPT / f"{name}-{key}"
    if not folder.exists():
        draft = KEPT / f"{name}-{os.getpid()}.draft"
        draft.mkdir(parents=True)
        try:
            make(draft)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return folder


def digest(text: str) -> str:
    return hashlib.sha256(f"{PYTHON} {text}".encode()).hexdigest()[:16]


def base_key() -> str:
    return digest(f"{SUITE} {PACKAGES} {NOT_WANTED}")


def make_base(folder: Path) -> None:
    """Debian's own Python, and little else."""
    left_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in NOT_WANTED]
    run(
        [
            "mmdebstrap",
            "--quiet",
            "--variant=essential",
            f"--include={PACKAGES}",
            *left_out,
            SUITE,
            f"{folder}/base.tar",
        ]
    )


def make_wheels(folder: Path, python: str = PYTHON) -> None:
    """As that Python takes them, the image's by default, and not this one's, which may need fewer."""
    run([sys.executable, "-m", "venv", f"{folder}/pip"])
    download = [f"{folder}/pip/bin/pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    asked = folder / "requirements.txt"
    asked.write_text(re.sub(r" ; .*(?= \\\n)", "", REQUIREMENTS.read_text()))
    platforms = [f"--platform={name}_{os.uname().machine}" for name in PLATFORMS]
    run([*download, "--only-binary=:all:", f"--python-version={python}", *platforms, "-r", str(asked)])
    shutil.rmtree(folder / "pip")
