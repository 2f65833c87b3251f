from celery import shared_task

from community.forum.services import hot_scores, view_counts


@shared_task(name="forum.write_views")
def write_views() -> None:
    """Every few seconds: views gathered in Redis go to their topics."""
    view_counts.flush()


@shared_task(name="forum.heat")
def heat() -> None:
    """Every few minutes: hot scores cool with time even where nothing happens."""
    hot_scores.refresh_all()
