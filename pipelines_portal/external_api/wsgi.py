"""The External API under gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines_portal.external_api.settings")
application = get_wsgi_application()
