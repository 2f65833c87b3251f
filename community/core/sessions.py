"""Sessions in Redis and the database, whose keys are signed for members.

The web server serves members before visitors. The signature shows it without a lookup that a key is ours, so that a
made-up cookie gains nothing. It does not show that the session still exists: the application looks that up.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

# Together the 40 characters that the table has room for: 124 bits that cannot be guessed, signed with 64 bits.
RANDOM_LENGTH = 24
SIGNATURE_LENGTH = 16


class SessionStore(cached_db.SessionStore):
    is_logging_in = False

    def cycle_key(self) -> None:
        """Replace the key, as every log-in does."""
        self.is_logging_in = True
        super().cycle_key()

    def _get_new_session_key(self) -> str:
        if not (self.is_logging_in or SESSION_KEY in self):
            return str(super()._get_new_session_key())  # type: ignore[misc]  # the stubs lack it
        return signed_key()  # like a UUID, too long to be in use already; creating it would fail if it was


def signed_key() -> str:
    random = get_random_string(RANDOM_LENGTH, VALID_KEY_CHARS)
    return random + _signature(random, settings.SECRET_KEY)


def is_signed(key: str | None) -> bool:
    """Return whether a session key was made for a member; needs no lookup."""
    if key is None or len(key) != RANDOM_LENGTH + SIGNATURE_LENGTH:
        return False
    random, signature = key[:RANDOM_LENGTH], key[RANDOM_LENGTH:]
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(signature, _signature(random, secret)) for secret in secrets)


def _signature(random: str, secret: str | bytes) -> str:
    return salted_hmac(__name__, random, secret=secret, algorithm="sha256").hexdigest()[:SIGNATURE_LENGTH]
