from celery import shared_task

from .services import waiting_events


@shared_task(name="api.match_new")
def match_new() -> None:
    """Apply what waits for members and companies whose address, external ID or domain is new."""
    waiting_events.apply_to_new_identities()


@shared_task(name="api.match_waiting")
def match_waiting() -> None:
    """Retry all waiting events; only for those sent in the very moment in which their identity appeared."""
    waiting_events.apply_all()
