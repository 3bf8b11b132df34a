"""Loaded before the settings: every test run has a data folder of its own, and no one's .env speaks in it."""

import atexit
import os
import shutil
import sys
import tempfile

from tests import databases, loopback

_folder = tempfile.mkdtemp(prefix="pipelines-portal-tests-")
# As the Makefile has it, for whoever calls pytest: what is compiled serves the hundreds of programs that tests start.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ |= {"DATA_DIR": _folder, "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
# Of the process that began the run: for what its others need not make again.
os.environ.setdefault("TESTS_FOLDER", _folder)
databases.use_own()
loopback.allow_loopback_only()
