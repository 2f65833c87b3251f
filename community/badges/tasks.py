from celery import shared_task

from . import services


@shared_task(name="badges.award")
def award() -> None:
    """Award what no event triggers: badges for views, and rules changed in the admin. Daily."""
    services.award_earned()
