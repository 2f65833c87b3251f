"""Numbers that the header shows beside a link, such as unread notifications.

`core` knows no other app, so an app brings its count from its AppConfig.ready():

    header.register("notifications", lambda request: unread_count(request.user))

The template asks with `{% header_count "notifications" %}`, and only for people who are logged in.
"""

from collections.abc import Callable

from django.http import HttpRequest

Counter = Callable[[HttpRequest], int]
_counters: dict[str, Counter] = {}


def register(name: str, counter: Counter) -> None:
    _counters[name] = counter


def count(name: str, request: HttpRequest) -> int:
    """The number to show; 0 (which shows nothing) when no app brings it."""
    counter = _counters.get(name)
    return counter(request) if counter else 0
