from django.apps import AppConfig
from django.http import HttpRequest


class NotificationsConfig(AppConfig):
    name = "community.notifications"
    label = "notifications"

    def ready(self) -> None:
        from community.core import header

        header.register("notifications", unread_of_reader)


def unread_of_reader(request: HttpRequest) -> int:
    from .services import unread_count

    return unread_count(request.user) if request.user.is_authenticated else 0
