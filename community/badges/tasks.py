from celery import shared_task

from .models import Badge
from .services import awards


@shared_task(name="badges.award")
def award() -> None:
    """Award what no event triggers, such as badges for views. Daily."""
    awards.award_earned()


@shared_task(name="badges.award_badge")
def award_badge(badge_id: int) -> None:
    """Award a badge that is new or has a new rule to those who had earned it before."""
    badges = list(Badge.objects.active().filter(pk=badge_id))
    if badges:
        awards.award_earned(badges=badges)
