"""The portal as its web server calls it."""

import os

from django.core.wsgi import get_wsgi_application

# Whatever the shell says: two programs share it.
os.environ["DJANGO_SETTINGS_MODULE"] = "pipelines_portal.settings.portal"
application = get_wsgi_application()
