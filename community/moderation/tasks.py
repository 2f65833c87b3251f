from celery import shared_task

from community.moderation.services import sanctions


@shared_task(name="moderation.endings")
def endings() -> None:
    """Tell people whose silence or suspension ran out; it ended by itself."""
    sanctions.notify_endings()
