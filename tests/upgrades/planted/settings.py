"""The portal's, and the app."""

from pipelines_portal.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "tests.upgrades.planted"]
