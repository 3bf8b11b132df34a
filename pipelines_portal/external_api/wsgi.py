"""The WSGI application of the External API."""

import os

from django.core.wsgi import get_wsgi_application

# Set here, not taken from the shell, because two programs share the shell.
os.environ["DJANGO_SETTINGS_MODULE"] = "pipelines_portal.settings.external_api"
application = get_wsgi_application()
