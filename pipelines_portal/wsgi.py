"""The portal under gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

# Whatever the shell says: two programs share it.
os.environ["DJANGO_SETTINGS_MODULE"] = "pipelines_portal.settings"
application = get_wsgi_application()
