from celery import shared_task

from .services import awards


@shared_task(name="badges.award")
def award() -> None:
    """Award what no event triggers: badges for views, and rules changed in the admin. Daily."""
    awards.award_earned()
