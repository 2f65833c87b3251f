"""The served settings, on this machine alone; BENCH_DUMMY_CACHE=1 keeps nothing in the cache."""

import os

from community.settings import *  # noqa: F403
from community.settings import LOGGING

ALLOWED_HOSTS = ["127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOGGING["root"]["level"] = "WARNING"  # as many lines a second as pages would measure the terminal
# Every visitor comes from an address of their own, as behind a proxy, so that no limit mistakes them for one.
BEHIND_PROXY = True
if "BENCH_DUMMY_CACHE" in os.environ:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
# A few members stand for a community's: they post and search as often as all of it does.
RATE_LIMITS = {"posts": "", "searches": "", "visitor-searches": ""}
