from celery import shared_task

from . import services


@shared_task(name="forum.write_views")
def write_views() -> None:
    """Every few seconds: views gathered in Redis go to their topics."""
    services.write_views()


@shared_task(name="forum.heat")
def heat() -> None:
    """Every few minutes: hot scores cool with time even where nothing happens."""
    services.heat_all()
