from celery import shared_task

from .services import visits


@shared_task(name="members.write_visits")
def write_visits() -> None:
    """Write buffered visits to the database; runs every 20 seconds."""
    visits.write_visits()
