"""The settings of the server with the bare view only."""

from bench import bare
from bench.settings import *  # noqa: F403

MIDDLEWARE = bare.MIDDLEWARE
ROOT_URLCONF = "bench.bare"
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"  # noqa: F405
