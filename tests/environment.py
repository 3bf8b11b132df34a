"""Loaded before the settings: every test run has a data folder of its own, and no one's .env speaks in it."""

import atexit
import os
import shutil
import tempfile

from tests import databases

_folder = tempfile.mkdtemp(prefix="pipelines-portal-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ |= {"DATA_DIR": _folder, "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
# Of the process that began the run: for what its others need not make again.
os.environ.setdefault("TESTS_FOLDER", _folder)
databases.use_own()
