from celery import shared_task

from .models import Badge
from .services import awards


@shared_task(name="badges.award")
def award() -> None:
    """Award badges that no event triggers, such as those for views. Runs daily."""
    awards.award_earned()


@shared_task(name="badges.award_badge")
def award_badge(badge_id: int) -> None:
    """Award a new or changed badge to members who have already earned it."""
    badges = list(Badge.objects.active().filter(pk=badge_id))
    if badges:
        awards.award_earned(badges=badges)
