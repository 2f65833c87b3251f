from celery import shared_task

from . import services


@shared_task(name="badges.award")
def award() -> None:
    """Give what no event announces: pages read often enough, rules changed in the admin. Daily."""
    services.award_earned()
