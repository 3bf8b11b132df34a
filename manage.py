#!/usr/bin/env python
"""The portal's management commands; the External API's with --settings pipelines_portal.external_api.settings."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines_portal.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A bad value in the environment: its sentence says all there is to say.
        sys.exit(str(error))
    except Exception as error:
        from pipelines_portal.shared.failed_commands import told

        if not (sentence := told(error)):
            raise
        sys.exit(sentence)
