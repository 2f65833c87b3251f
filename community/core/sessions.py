"""Sessions in Redis and the database, whose keys are signed for members.

The web server serves members first. The signature proves, without a lookup, that we issued the key, so a made-up cookie
gains nothing. It does not prove that the session still exists; the application checks that.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from community.core.prepared import Prepared, compiled_at_start

if TYPE_CHECKING:
    from django.contrib.sessions.models import Session
    from django.db.models import QuerySet

# 40 characters, all that the table allows: 124 random bits and a 64-bit signature.
RANDOM_LENGTH = 24
SIGNATURE_LENGTH = 16
MAX_ENDED = 10_000
_ended: OrderedDict[str, None] = OrderedDict()


class SessionStore(cached_db.SessionStore):
    signs_new_key = False

    def cycle_key(self) -> None:
        """Replace the key; logging in and changing the password do."""
        self.signs_new_key = True
        try:
            super().cycle_key()
        finally:
            self.signs_new_key = False

    def _get_session_from_db(self) -> Session | None:
        found = _unexpired().first(key=self.session_key, now=timezone.now()) if self.session_key else None
        if found is None:
            self._session_key = None
        return found

    def _get_new_session_key(self) -> str:
        if not (self.signs_new_key or SESSION_KEY in self):
            return str(super()._get_new_session_key())  # type: ignore[misc]  # the stubs lack it
        return signed_key()  # not checked for collisions: it is long, and saving a duplicate would fail


@compiled_at_start()
def _unexpired() -> Prepared[Session]:
    """Every page reads it when Redis does not have it, as after a restart."""
    from django.contrib.sessions.models import Session  # once the apps are loaded

    def build(key: str, now: datetime) -> QuerySet[Session]:
        return Session.objects.filter(session_key=key, expire_date__gt=now)

    return Prepared(build)


def signed_key() -> str:
    random = get_random_string(RANDOM_LENGTH, VALID_KEY_CHARS)
    return random + _signature(random, settings.SECRET_KEY)


def is_signed(key: str | None) -> bool:
    """Return whether a session key was made for a member and is not known to have ended; needs no lookup."""
    if key is None or len(key) != RANDOM_LENGTH + SIGNATURE_LENGTH or key in _ended:
        return False
    random, signature = key[:RANDOM_LENGTH], key[RANDOM_LENGTH:]
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(signature, _signature(random, secret)) for secret in secrets)


def note_ended(key: str) -> None:
    """Let this process treat the key like a made-up one; its session was not found."""
    _ended[key] = None
    while len(_ended) > MAX_ENDED:
        _ended.popitem(last=False)


def _signature(random: str, secret: str | bytes) -> str:
    return salted_hmac(__name__, random, secret=secret, algorithm="sha256").hexdigest()[:SIGNATURE_LENGTH]
