from celery import shared_task

from . import services


@shared_task(name="moderation.endings")
def endings() -> None:
    """Tell people whose silence or suspension ran out; it ended by itself."""
    services.tell_endings()
