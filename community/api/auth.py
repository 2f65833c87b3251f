"""Authentication by bearer token, with scopes and a rate limit per token."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer

from .models import ApiToken
from .services import tokens


class Bearer(HttpBearer):
    """Require a token with `scope`, if given. Raises HttpError 403 without it, RateLimited over the limit."""

    def __init__(self, scope: ApiToken.Scope | None = None) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = tokens.authenticate(token)
        if found is None:
            return None
        tokens.count_call(found)
        if self.scope is not None and self.scope not in found.scopes:
            raise HttpError(403, f"This token does not have the {self.scope} scope.")
        return found
