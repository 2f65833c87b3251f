import gc

from django.apps import apps


def test_what_is_loaded_is_left_out_of_collections():
    gc.unfreeze()

    apps.get_app_config("runtime").ready()

    assert gc.get_freeze_count() > 100_000
    assert gc.get_threshold()[0] > 10_000
