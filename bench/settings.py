"""The production settings, for local use; BENCH_DUMMY_CACHE=1 disables the cache."""

import os

# Every visitor can have their own address for the rate limits, and a proxy would compress the pages.
os.environ["BEHIND_PROXY"] = "1"

from community.settings import *  # noqa: F403
from community.settings import LOGGING

ALLOWED_HOSTS = ["127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOGGING["root"]["level"] = "WARNING"  # a line per request would slow the measurement
if "BENCH_DUMMY_CACHE" in os.environ:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
# A few members stand in for the whole community, so they post and search more than the limits allow.
RATE_LIMITS = {"posts": "", "searches": "", "visitor-searches": ""}
