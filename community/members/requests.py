"""Who is behind a request."""

from __future__ import annotations

from django.http import HttpRequest

from .models import Member


def member_of(request: HttpRequest) -> Member:
    """Return the logged-in member, without the lazy wrapper of `request.user`, which is slow.

    For views that require a login, and the admin; raises TypeError for an anonymous visitor.
    """
    user = request.user
    if not isinstance(user, Member):
        raise TypeError("This request has no logged-in member.")
    member: Member = getattr(user, "_wrapped", user)
    return member
