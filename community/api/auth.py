"""Who may call: a bearer token with the right scope, at its own pace."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer

from .models import ApiToken
from .services.tokens import count_call, token_of


class Bearer(HttpBearer):
    """Lets tokens with `scope` through. Raises HttpError 403 for other tokens, RateLimited for fast ones."""

    def __init__(self, scope: ApiToken.Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = token_of(token)
        if found is None:
            return None
        count_call(found)
        if self.scope not in found.scopes:
            raise HttpError(403, f"This token does not have the {self.scope} scope.")
        return found
