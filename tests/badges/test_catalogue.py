import pytest

from community.badges.models import Badge
from community.badges.services import catalogue
from community.badges.services.catalogue import shipped_badges
from tests.factories.badges import BadgeFactory

pytestmark = pytest.mark.django_db


def test_every_shipped_badge_is_there_after_migrating():
    shipped = {row["slug"] for row in shipped_badges()}

    assert set(Badge.objects.values_list("slug", flat=True)) == shipped
    assert len(shipped) >= 30


def test_shipped_badges_have_a_name_a_sentence_and_an_icon_of_ours(settings):
    drawings = (settings.BASE_DIR / "static/css/icons.css").read_text()

    for row in shipped_badges():
        assert row["name"]
        assert row["sentence"].endswith(".") or row["sentence"].endswith("kindly.")
        assert f".i-{row['icon']} {{" in drawings, row["slug"]


def test_sync_badges_twice_writes_nothing():
    assert catalogue.sync_badges() == 0


def test_sync_badges_keeps_what_was_changed_in_the_admin():
    Badge.objects.filter(slug="scholar").update(name="Bright spark", is_customised=True)
    Badge.objects.filter(slug="welcome").update(name="Something old")

    written = catalogue.sync_badges()

    assert written == 1
    assert Badge.objects.get(slug="scholar").name == "Bright spark"
    assert Badge.objects.get(slug="welcome").name == "Welcome"


def test_sync_badges_restores_a_deleted_badge():
    Badge.objects.filter(slug="scholar").delete()

    assert catalogue.sync_badges() == 1
    assert Badge.objects.filter(slug="scholar").exists()


def test_sync_badges_keeps_an_imported_badge_with_the_same_slug():
    Badge.objects.filter(slug="scholar").delete()
    BadgeFactory(slug="scholar", name="Scholar of old", source=Badge.Source.IMPORTED)

    assert catalogue.sync_badges() == 0
    assert Badge.objects.get(slug="scholar").name == "Scholar of old"
