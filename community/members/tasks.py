from celery import shared_task

from .models import VisitorDraft
from .services import visits


@shared_task(name="members.write_visits")
def write_visits() -> None:
    """Write buffered visits to the database; runs every 20 seconds."""
    visits.write_visits()


@shared_task(name="members.delete_expired_drafts")
def delete_expired_drafts() -> None:
    """Delete what visitors wrote and nobody posted; runs daily."""
    VisitorDraft.objects.expired().delete()
