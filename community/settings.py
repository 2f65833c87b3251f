"""Settings, read from the environment and secure unless the environment says otherwise."""

import logging
import os
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from community.core.admin_theme import unfold_settings
from community.runtime import error_reports, logs

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# Core

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 8 or "change-me" in SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is missing, a default, or too short to keep a secret. Make one with: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
# Plain HTTP is only for local use (`manage.py up`); a served site is behind TLS.
INSECURE_HTTP = env.bool("INSECURE_HTTP", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
DEMO = env.bool("DEMO", default=False)
# Only the embedded stack has a shared folder.
DEMO_MARK = Path(os.environ["CARAVAN_DATA"]) / "demo-is-written" if "CARAVAN_DATA" in os.environ else None

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "ninja",  # for the files of its documentation page
    "community.core",
    "community.events",
    "community.members",
    "community.notifications",
    "community.forum",
    "community.qa",
    "community.badges",
    "community.moderation",
    "journeys",
    "advocacy",
    "community.prospects",
    "community.pages",
    "community.api",
    "community.importers",
    "community.runtime",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "community.api.middleware.JsonErrors",
    "community.core.request_cache.RequestCache",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "community.core.middleware.NoEmbeds",
    "community.core.middleware.StripNullBytes",
    "community.core.middleware.PrivateResponses",
    "community.core.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "community.core.middleware.VisitorLimit",
    "community.core.middleware.NoAccountUploads",
    "community.core.middleware.StatementTimeout",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "community.runtime.logs.LogRequests",
    "community.members.middleware.MemberTimeZone",
    "community.members.middleware.Visits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "community.core.disk.ReadOnlyWhenLow",
    "community.moderation.middleware.ModerationMiddleware",
    "community.members.middleware.TeamTwoFactor",
    "community.members.session_ended.SessionEnded",
    "allauth.account.middleware.AccountMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "community.urls"
WSGI_APPLICATION = "community.wsgi.application"
FORM_RENDERER = "community.core.forms.FormRenderer"

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "community.core.context_processors.site",
    "community.pages.context_processors.header",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "environment": "community.core.jinja.environment",
            "context_processors": CONTEXT_PROCESSORS,
        },
    },
    {
        # The admin, allauth and mails.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates/django"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": CONTEXT_PROCESSORS,
            "builtins": ["community.core.templatetags.core"],
        },
    },
]

# Data

DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"]["ENGINE"] = "community.core.postgresql"
# The first pages on a connection cost five times as much in PostgreSQL, which plans their statements.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# For `core/prepared.py`. PgBouncer, if used, must be 1.22 or newer, with `max_prepared_statements` set.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("prepare_threshold", 5)
# The application's connection, only for `migrate`, which runs as the tables' owner and creates its role.
APP_DATABASE_URL = env.str("APP_DATABASE_URL", default="")
# The web server sets this; the worker and commands may take longer.
if STATEMENT_SECONDS := env.int("STATEMENT_SECONDS", default=0):
    options = DATABASES["default"]["OPTIONS"]
    options["options"] = f"{options.get('options', '')} -c statement_timeout={STATEMENT_SECONDS}s".strip()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "community.core.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "caravan",
    }
}
# Seconds a visitor's page may be cached; 0 disables it.
PAGE_CACHE_SECONDS = env.int("PAGE_CACHE_SECONDS", default=30)
SESSION_ENGINE = "community.core.sessions"

# Celery

# Celery has its own URL scheme for Unix sockets.
CELERY_BROKER_URL = (
    env.str("QUEUE_URL", default=REDIS_URL)
    .replace("unix://", "redis+socket://", 1)
    .replace("?db=", "?virtual_host=", 1)
)
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_TIMEZONE = "UTC"

# Members and log-in

AUTH_USER_MODEL = "members.Member"
AUTHENTICATION_BACKENDS = [
    "community.pages.backends.ModelBackend",
    "community.pages.backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "community.members.adapter.AccountAdapter"
# Limits we enforce ourselves are off in allauth; its others, for changes to one's account, remain.
ACCOUNT_RATE_LIMITS = dict.fromkeys(("login", "login_failed", "signup", "confirm_email", "reset_password"))
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username", "password1*"]
ACCOUNT_FORMS = {
    "login": "community.members.forms.LoginForm",
    "signup": "community.members.forms.SignupForm",
}
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Ask for the password or a code again before account changes.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Only works in the browser that has just signed up.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="mandatory")
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if INSECURE_HTTP else "https"
MFA_FORMS = {
    "authenticate": "community.members.forms.AuthenticateForm",
    "reauthenticate": "community.members.forms.ReauthenticateForm",
}
MFA_ADAPTER = "community.members.adapter.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = env.str("SITE_NAME", default="Caravan")
# Require two-factor authentication for the team; off by default in development and the demo, and over plain HTTP.
TEAM_TWO_FACTOR = env.bool("TEAM_TWO_FACTOR", default=not (DEBUG or DEMO or INSECURE_HTTP))
# Hours after which an idle session ends.
SESSION_IDLE_HOURS = env.int("SESSION_IDLE_HOURS", default=14 * 24)
TEAM_SESSION_IDLE_HOURS = env.int("TEAM_SESSION_IDLE_HOURS", default=12)
# The unique index is on lower(email), which is stricter than the plain one this check looks for.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

# Language and time

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "community.core.formats"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# Screeners of posts and profiles, and listeners that are called for held posts

POST_SCREENERS = ["community.moderation.screening.screen", "community.prospects.screening.screen"]
EDIT_SCREENERS = ["community.moderation.screening.screen_edit"]
PROFILE_SCREENERS = ["community.moderation.profiles.screen"]
HELD_POST_LISTENERS = ["community.moderation.services.review_queue.add_held"]

# The source of advocacy scores for the stage engine; see journeys/hooks.py

ADVOCACY_SOURCE = "advocacy.source.ScoreSource"

# The function that writes the audit log

AUDIT_LOG = "community.moderation.services.audit_log.write"

# Files

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "var/static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "var/media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "community.runtime.static_files.OneStylesheetStorage"},
}
# Below this free space the site is read-only; an external PostgreSQL reports its own full disk.
DISK_RESERVE_MB = env.int("DISK_RESERVE_MB", default=256)
DISK_FOLDERS = env.list("DISK_FOLDERS", default=[str(MEDIA_ROOT)])

# Mail

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Caravan <community@localhost>")
# EMAIL_URL such as smtp+tls://user:password@host:587, or an Anymail EMAIL_BACKEND with its ANYMAIL_ settings.
vars().update(env.email("EMAIL_URL", default="consolemail://"))
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default=vars()["EMAIL_BACKEND"])
ANYMAIL = {name[8:]: value for name, value in os.environ.items() if name.startswith("ANYMAIL_")}

# Safety

# The web server refuses larger bodies before Django sees them.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# Concurrent requests with an invalid session, per process.
VISITOR_PLACES = 2
SECURE_SSL_REDIRECT = not INSECURE_HTTP
# Trust X-Forwarded-* of our own proxy only (FORWARDED_ALLOW_IPS).
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
if not BEHIND_PROXY:  # proxies compress pages themselves
    MIDDLEWARE.insert(
        MIDDLEWARE.index("community.api.middleware.JsonErrors"), "django.middleware.gzip.GZipMiddleware"
    )
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not INSECURE_HTTP
SECURE_HSTS_PRELOAD = not INSECURE_HTTP
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_SECURE = not INSECURE_HTTP
CSRF_COOKIE_SECURE = not INSECURE_HTTP
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = SESSION_IDLE_HOURS * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "community.members.session_ended.csrf_failure"
X_FRAME_OPTIONS = "DENY"
# Hosts that posts may load images from, such as cdn.example.com; images on other hosts are shown as links.
IMAGE_HOSTS = [host.lower() for host in env.list("IMAGE_HOSTS", default=[])]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *(f"https://{host}" for host in IMAGE_HOSTS)],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}

# RATE_LIMITS="posts=20/minute;200/hour,searches=" changes two of community/core/rate_limits.py; empty removes one.
RATE_LIMITS = env.dict("RATE_LIMITS", default={})

# Observability

LOGGING = logs.configuration(env.str("LOG_FORMAT", default="json"), env.str("LOG_LEVEL", default="INFO"))
# One line per request and task, when it ends; no IP addresses in the logs.
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_SUCCESS_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# The token that gives access to /metrics; if empty, only this machine and its private network have it.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
SENTRY_DSN = env.str("SENTRY_DSN", default="")
if SENTRY_DSN:
    import sentry_sdk

    sentry_sdk.init(
        dsn=SENTRY_DSN,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=error_reports.redact,
        before_breadcrumb=error_reports.redact_breadcrumb,
    )

# Brand

SITE_NAME = env.str("SITE_NAME", default="Caravan")
# A sentence on whose community this is, for visitors to the home page and search engines.
SITE_TAGLINE = env.str("SITE_TAGLINE", default="")
# The URL of an image shown before the name, and a colour such as #0f766e, adjusted if it is hard to read.
SITE_LOGO = env.str("SITE_LOGO", default="")
BRAND_COLOUR = env.str("BRAND_COLOUR", default="")
UNFOLD = unfold_settings(site_name=SITE_NAME, colour=BRAND_COLOUR)
