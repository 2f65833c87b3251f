from celery import shared_task

from community.forum.services import activity_stats, hot_scores, view_counts


@shared_task(name="forum.write_views")
def write_views() -> None:
    """Write buffered views to the database; runs every few seconds."""
    view_counts.flush()


@shared_task(name="forum.heat")
def refresh_hot_scores() -> None:
    """Refresh all hot scores, since they decay with time; runs every few minutes."""
    hot_scores.refresh_all()


@shared_task(name="forum.activity")
def refresh_activity_stats() -> None:
    """Count the figures of the home page; runs every few minutes."""
    activity_stats.refresh()
