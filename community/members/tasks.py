from celery import shared_task

from .services import visits


@shared_task(name="members.write_visits")
def write_visits() -> None:
    """Write down who was here; every 20 s."""
    visits.write_visits()
