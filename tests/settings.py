"""The settings that tests run with: the served ones, made quick and closed to the network."""

import os
import sys

# Without compiled files, every run compiles all tests, and each of the many programs started here all of Django.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

from tests import servers

os.environ.update(servers.environment())

from community.settings import *

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a missing folder
DATABASES["default"]["ENGINE"] = "tests.database"
DATABASES["default"]["CONN_MAX_AGE"] = 0  # or the live server's threads keep the test database busy
ALLOWED_HOSTS = ["*"]
DEMO_MARK = None
TEAM_TWO_FACTOR = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
STORAGES = {  # no manifest: tests do not collect static files
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
TEMPLATES[0]["OPTIONS"]["environment"] = "tests.jinja.environment"
LOGGING["root"]["level"] = "ERROR"
