"""The settings that tests run with: the served ones, made quick and closed to the network."""

import os

os.environ.setdefault("SECRET_KEY", "a-key-for-tests-only")
os.environ.setdefault("DATABASE_URL", "postgres:///caravan")
os.environ.setdefault("REDIS_URL", "redis://localhost/0")

from community.settings import *  # noqa: F403

ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
STORAGES = {  # no manifest: tests do not collect static files
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
