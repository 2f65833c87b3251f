from celery import shared_task

from .services import waiting_events


@shared_task(name="api.match_new")
def match_new() -> None:
    """Apply events waiting for members and companies with a new address, external ID or domain."""
    waiting_events.apply_to_new_identities()


@shared_task(name="api.match_waiting")
def match_waiting() -> None:
    """Retry all waiting events, to catch those sent at the very moment their identity appeared."""
    waiting_events.apply_all()
