"""Who may call: a bearer token with the right scope, at its own pace."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer

from .models import ApiToken
from .services.tokens import seconds_to_wait, token_of


class TooManyCalls(Exception):
    """The token has used up its calls of this minute."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Bearer(HttpBearer):
    """Lets tokens with `scope` through. Raises HttpError 403 for other tokens, TooManyCalls for fast ones."""

    def __init__(self, scope: ApiToken.Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = token_of(token)
        if found is None:
            return None
        seconds = seconds_to_wait(found)
        if seconds:
            raise TooManyCalls(seconds)
        if self.scope not in found.scopes:
            raise HttpError(403, f"This token lacks the scope {self.scope}.")
        return found
