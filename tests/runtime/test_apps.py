import gc
import subprocess
import sys

from django.apps import apps

from community.runtime import web
from community.runtime.embedded import BASE_DIR
from tests.runtime.helpers import served_environment

TASKS = """
import sys
import community.runtime.keeper, community.runtime.supervisor
print(any(name in sys.modules for name in ("celery", "django")))
import django; django.setup()
from community.events import tasks
print(tasks.sweep.app.main)
"""


def test_what_is_loaded_is_left_out_of_collections():
    gc.unfreeze()

    apps.get_app_config("runtime").ready()

    assert gc.get_freeze_count() > 100_000
    assert gc.get_threshold()[0] > 10_000


def test_pages_wait_for_short_collections_only():
    usual = gc.get_threshold()

    web.set_up_collector()

    assert 0 < gc.get_threshold()[0] <= 5_000
    gc.set_threshold(*usual)


def test_tasks_have_our_app_and_programs_that_start_others_have_none():
    done = subprocess.run(
        [sys.executable, "-c", TASKS],
        cwd=BASE_DIR,
        env=served_environment(DJANGO_SETTINGS_MODULE="community.settings"),
        capture_output=True,
        text=True,
    )

    assert done.stdout.split() == ["False", "caravan"], done.stderr
