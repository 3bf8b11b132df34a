"""bin/install takes pinned packages only, and bin/release builds from a commit only."""

import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipelines_portal import __version__
from tests.external_api.server import PROJECT

NAME = f"pipelines-portal-{__version__}"
LEFT_OUT = {".ci", ".github", "bench", "tests", "requirements-dev.txt", "requirements-audit.txt"}


def install(folder: Path, package: Path) -> int:
    """Whether bin/install ends well, where this is the one package that there is."""
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    (folder / "wanted.txt").write_text(f"something==1.0 --hash=sha256:{digest}\n")
    env = {"VENV": str(folder / "venv"), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(package.parent)}
    env |= {"UV_NO_INDEX": "1", "UV_FIND_LINKS": str(package.parent)}
    command = [str(PROJECT / "bin" / "install"), str(folder / "wanted.txt")]
    return subprocess.run(command, env=os.environ | env, capture_output=True, check=False).returncode


def test_nothing_is_built_when_it_is_installed(tmp_path: Path) -> None:
    """What builds a package would come without a hash."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (tmp_path / "backend.py").write_text(f"open({str(tmp_path / 'built')!r}, 'w').close()")
    with tarfile.open(tmp_path / "sources" / "something-1.0.tar.gz", "w:gz") as archive:
        for file in ("pyproject.toml", "backend.py"):
            archive.add(tmp_path / file, f"something-1.0/{file}")
    assert install(tmp_path, tmp_path / "sources" / "something-1.0.tar.gz") != 0
    assert not (tmp_path / "built").exists()


def test_a_package_comes_by_its_hash_and_brings_nothing_along(tmp_path: Path) -> None:
    wheel = tmp_path / "something-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as parts:
        about = "Metadata-Version: 2.1\nName: something\nVersion: 1.0\nRequires-Dist: there-is-no-such-package\n"
        parts.writestr("something-1.0.dist-info/METADATA", about)
        parts.writestr(
            "something-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        parts.writestr("something-1.0.dist-info/RECORD", "")
        parts.writestr("something.py", "")
    assert install(tmp_path, wheel) == 0
    assert list((tmp_path / "venv").rglob("something.py"))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of its own with what stands here, committed."""
    folder = tmp_path_factory.mktemp("release") / "copy"
    git("clone", "--quiet", "--no-hardlinks", str(PROJECT), str(folder), cwd=PROJECT)
    (folder / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## {__version__}\n\n- As it stands.\n\n## 0.0.9\n\n- Before.\n"
    )
    commit(folder)
    return folder


def git(*arguments: str, cwd: Path) -> None:
    who = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    subprocess.run(["git", *arguments], cwd=cwd, env=os.environ | who, check=True)


def commit(folder: Path) -> None:
    git("commit", "--quiet", "--all", "--message", "As it stands", cwd=folder)


def release(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bin/release"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.full
def test_a_release_is_what_is_committed(copy: Path) -> None:
    assert release(copy).returncode == 0
    check = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=copy / "dist", capture_output=True, check=False)
    assert check.returncode == 0
    built = {path.name: path.read_bytes() for path in (copy / "dist").iterdir()}
    sums = dict(reversed(line.split("  ")) for line in built.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in built.items()}
    assert built[f"{NAME}-notes.md"].strip() == b"- As it stands."
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(built[f"{NAME}.tar.gz"]))) as sources:
        assert {f"{NAME}/manage.py", f"{NAME}/requirements.txt", f"{NAME}/SECURITY.md"} <= set(sources.getnames())
        assert not LEFT_OUT & {name.removeprefix(f"{NAME}/").partition("/")[0] for name in sources.getnames()}
    assert release(copy).returncode == 0
    assert {name: (copy / "dist" / name).read_bytes() for name in built} == built, "the same commit, the same bytes"


@pytest.mark.full
def test_a_release_has_all_that_runs(copy: Path) -> None:
    assert release(copy).returncode == 0
    with tarfile.open(copy / "dist" / f"{NAME}.tar.gz") as sources:
        sources.extractall(copy.parent, filter="data")
    unpacked = copy.parent / NAME
    (unpacked / ".venv").symlink_to(PROJECT / ".venv")
    env = os.environ | {"DATA_DIR": str(copy.parent / "data")}
    for settings in ("portal", "external_api"):
        command = [sys.executable, "manage.py", "prepare", "--settings", f"pipelines_portal.settings.{settings}"]
        subprocess.run(command, cwd=unpacked, env=env, check=True)


@pytest.mark.full
def test_what_is_not_committed_or_not_told_of_is_not_released(copy: Path) -> None:
    (copy / "README.md").write_text("Changed\n")
    assert "Nothing was built: what is here is not committed." in release(copy).stderr
    (copy / "CHANGELOG.md").write_text("# Changelog\n")
    commit(copy)
    assert f"Nothing was built: CHANGELOG.md has nothing under “## {__version__}”." in release(copy).stderr
    git("reset", "--quiet", "--hard", "HEAD^", cwd=copy)


@pytest.mark.full
@pytest.mark.parametrize(
    ("file", "named"), [("compose/compose.yaml", "VERSION:-"), ("kubernetes/portal.yaml", "pipelines-portal:")]
)
def test_a_version_that_the_samples_do_not_name_is_not_released(copy: Path, file: str, named: str) -> None:
    sample = copy / "deploy" / file
    sample.write_text(sample.read_text().replace(f"{named}{__version__}", f"{named}0.0.9", 1))
    commit(copy)
    refusal = f"Nothing was built: a file of deploy/ names another version: {named}0.0.9."
    assert refusal in release(copy).stderr
    git("reset", "--quiet", "--hard", "HEAD^", cwd=copy)
