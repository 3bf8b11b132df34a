"""The portal's WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

# Not from the shell's environment, which both programs share.
os.environ["DJANGO_SETTINGS_MODULE"] = "pipelines_portal.settings.portal"
application = get_wsgi_application()
