from celery import shared_task

from community.moderation.services import sanctions


@shared_task(name="moderation.endings")
def notify_endings() -> None:
    """Notify members whose silence or suspension has ended; runs every minute."""
    sanctions.notify_endings()
