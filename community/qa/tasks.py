from celery import shared_task

from . import services


@shared_task(name="qa.recount_accepted")
def recount_accepted() -> None:
    """Correct every member's number of accepted answers, after hiding, moving or importing; runs every few minutes."""
    services.recount_accepted()
