from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from community.notifications import services


def header(request: HttpRequest) -> dict[str, Callable[[], int]]:
    """What the header shows of the reader, counted only where it is printed."""

    def unread_notifications() -> int:
        return services.unread_count(request.user) if request.user.is_authenticated else 0

    return {"unread_notifications": unread_notifications}
