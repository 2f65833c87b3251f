from celery import shared_task

from . import services


@shared_task(name="api.match_waiting")
def match_waiting() -> None:
    """Look again at what waits: an address may have been confirmed, or a company's domain, since."""
    services.match_waiting()
