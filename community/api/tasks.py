from celery import shared_task

from .services import waiting_events


@shared_task(name="api.match_waiting")
def match_waiting() -> None:
    """Retry waiting events, since an address or a domain may have been confirmed in the meantime."""
    waiting_events.apply_all()
