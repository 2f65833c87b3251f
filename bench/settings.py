"""The served settings, plus the bare view that pages are measured against."""

from community.settings import *  # noqa: F403
from community.settings import LOGGING

ROOT_URLCONF = "bench.urls"
ALLOWED_HOSTS = ["127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOGGING["root"]["level"] = "WARNING"  # as many lines a second as pages would measure the terminal
