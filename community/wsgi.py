import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "community.settings")

application = get_wsgi_application()

from community.core import checks  # noqa: E402 - needs the settings

checks.exit_on_errors()
