"""Imported tags and badges: merged with existing ones, and awarded once."""

import pytest

from community.badges.models import Award, Badge
from community.forum.models import Tag
from community.importers.models import ImportedRow
from community.importers.progress import NoProgress
from community.importers.services.builders import tags_and_badges
from community.importers.services.builders.tags_and_badges import build_badges, build_tags
from tests.factories.badges import BadgeFactory
from tests.factories.forum import TagFactory
from tests.importers.conftest import skipped
from tests.importers.dumps import Dump
from tests.importers.staging_helpers import prepare

pytestmark = pytest.mark.django_db


def tagged(dump) -> dict[str, str]:
    build_tags(prepare(dump), NoProgress())
    return dict(Tag.objects.values_list("name", "description"))


def test_build_tags_creates_missing_tags(dump):
    assert tagged(dump) == {"hops": "About hops.", "dry-hopping": ""}


def test_build_tags_keeps_existing_descriptions(dump):
    TagFactory(name="hops", description="Ours.")

    assert tagged(dump)["hops"] == "Ours."


def test_build_tags_fills_in_missing_descriptions(dump):
    TagFactory(name="hops", description="")

    assert tagged(dump)["hops"] == "About hops."


def test_build_tags_never_claims_an_existing_tag(dump):
    TagFactory(name="hops")

    tagged(dump)

    rows = dict(ImportedRow.objects.filter(kind="tag").values_list("source_id", "target_id"))
    assert rows == {1: 0, 2: Tag.objects.get(name="dry-hopping").pk}


def test_build_tags_puts_the_excerpt_before_the_longer_text(tmp_path):
    dump = Dump(tmp_path).user(1).question(1)
    dump.add("posts", Id=30, PostTypeId=5, Body="<p>The long story of hops.</p>")
    dump.add("posts", Id=31, PostTypeId=4, Body="<p>Hops in short.</p>")
    dump.add("tags", TagName="hops", ExcerptPostId=31, WikiPostId=30)

    assert tagged(dump)["hops"] == "Hops in short.\n\nThe long story of hops."


def test_build_tags_does_not_repeat_equal_texts(tmp_path):
    dump = Dump(tmp_path).user(1).question(1)
    for number, kind in ((30, 4), (31, 5)):
        dump.add("posts", Id=number, PostTypeId=kind, Body="<p>Hops.</p>")
    dump.add("tags", TagName="hops", ExcerptPostId=30, WikiPostId=31)

    assert tagged(dump)["hops"] == "Hops."


def test_build_tags_takes_the_last_version_of_a_description(dump):
    dump.history(30, 2, "First words.", CreationDate="2020-01-02T10:00:00.000")
    dump.history(30, 5, "Last *words*.", CreationDate="2020-01-05T10:00:00.000")

    assert tagged(dump)["hops"] == "Last *words*."


@pytest.mark.parametrize(
    ("written", "name"),
    [("C++", "c++"), ("Dry Hopping", "dry-hopping"), ("é", "é"), ("x" * 50, "x" * 35)],
)
def test_build_tags_normalizes_names(tmp_path, written, name):
    dump = Dump(tmp_path).user(1).question(1, Tags="").add("tags", TagName=written)

    assert list(tagged(dump)) == [name]


def test_build_tags_skips_names_that_normalize_to_nothing(tmp_path):
    dump = Dump(tmp_path).user(1).question(1, Tags="")
    dump.add("tags", TagName="!!!").add("tags", TagName="hops")

    assert list(tagged(dump)) == ["hops"]
    assert list(ImportedRow.objects.filter(kind="tag").values_list("source_id", flat=True)) == [2]


def test_an_import_reports_tags_that_could_not_be_created(tmp_path, imported):
    dump = Dump(tmp_path).user(1).question(1, Tags="").add("tags", TagName="!!!")

    batch = imported(dump)

    assert "Tags.xml: imported 1 rows, but found 0." in batch.report["remarks"]


def test_build_tags_is_idempotent(dump):
    batch = prepare(dump)

    for _ in range(2):
        build_tags(batch, NoProgress())

    assert ImportedRow.objects.filter(kind="tag").count() == 2
    assert batch.progress["build:tags"] == 2


def test_build_tags_resumes_where_it_stopped(dump, heard, monkeypatch):
    monkeypatch.setattr(tags_and_badges, "BATCH_SIZE", 1)
    batch = prepare(dump)
    batch.progress["build:tags"] = 1

    build_tags(batch, heard)

    assert list(Tag.objects.values_list("name", flat=True)) == ["dry-hopping"]
    assert (heard.started, heard.units) == ([("Tags", 1)], 1)


def test_tags_of_one_name_in_two_cases_are_one_tag(tmp_path, imported):
    dump = Dump(tmp_path).user(1).question(1).add("tags", TagName="Hops").add("tags", TagName="hops")

    batch = imported(dump)

    assert Tag.objects.count() == 1
    assert skipped(batch, "Tags.xml") == {"the same name appears earlier in the file": 1}


def awarded(dump) -> list[Award]:
    build_badges(prepare(dump), NoProgress())
    return list(Award.objects.select_related("badge", "member").order_by("badge__name", "pk"))


def test_build_badges_keeps_members_and_times(dump):
    found = [(a.badge.name, a.badge.level, a.member.username) for a in awarded(dump)]

    assert found == [("Great Question", "gold", "ann"), ("Teacher", "bronze", "bob")]


def test_build_badges_keeps_a_badge_earned_several_times(tmp_path):
    dump = Dump(tmp_path).user(1).question(1)
    for number in (1, 2, 3):
        dump.add("badges", Id=number, Name="Nice Answer")

    awards = awarded(dump)

    assert len(awards) == 3
    assert Badge.objects.filter(name="Nice Answer").count() == 1
    assert len({award.key for award in awards}) == 3


def test_build_badges_never_merges_with_our_badges(dump):
    ours = BadgeFactory(slug="teacher", name="Teacher", level="gold")

    awards = awarded(dump)

    assert not Award.objects.filter(badge=ours).exists()
    assert {award.badge.slug for award in awards} == {"imported-teacher", "imported-great-question"}
    ours.refresh_from_db()
    assert ours.level == "gold"


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Great Question", "imported-great-question"), ("x" * 80, f"imported-{'x' * 80}"[:60])],
)
def test_build_badges_truncates_long_names(tmp_path, name, slug):
    dump = Dump(tmp_path).user(1).question(1).add("badges", Name=name)

    (award,) = awarded(dump)

    assert (award.badge.slug, award.badge.name) == (slug, name[:60])


def test_build_badges_distinguishes_non_ascii_names(tmp_path):
    dump = Dump(tmp_path).user(1).question(1)
    dump.add("badges", Name="先生").add("badges", Name="学生")

    slugs = {award.badge.slug for award in awarded(dump)}

    assert len(slugs) == 2
    assert all(len(slug) == len("imported-") + 12 for slug in slugs)


def test_build_badges_distinguishes_levels_and_names_of_one_slug(tmp_path):
    dump = Dump(tmp_path).user(1).question(1)
    for name, number in (("c++", 1), ("c++", 3), ("c#", 3), ("c++", 3)):
        dump.add("badges", Id=len(dump.rows["badges"]) + 1, Name=name, Class=number)

    kinds = [(award.badge.name, award.badge.level) for award in awarded(dump)]

    assert sorted(kinds) == [("c#", "bronze"), ("c++", "bronze"), ("c++", "bronze"), ("c++", "gold")]
    assert Badge.objects.filter(source="imported").count() == 3


@pytest.mark.parametrize(("number", "level"), [(1, "gold"), (2, "silver"), (3, "bronze"), (9, "bronze")])
def test_build_badges_translates_the_class(tmp_path, number, level):
    dump = Dump(tmp_path).user(1).question(1).add("badges", Class=number)

    assert awarded(dump)[0].badge.level == level


def test_badges_of_users_missing_from_the_dump_are_skipped(tmp_path, imported):
    dump = Dump(tmp_path).user(1).question(1).add("badges", UserId=404)

    batch = imported(dump)

    assert skipped(batch, "Badges.xml") == {"its user is not in the dump": 1}
    assert not Award.objects.exists()


def test_build_badges_is_idempotent(dump):
    batch = prepare(dump)

    for _ in range(2):
        build_badges(batch, NoProgress())

    assert Award.objects.count() == 2


def test_build_badges_in_small_batches_has_the_same_result(dump, heard, monkeypatch):
    monkeypatch.setattr(tags_and_badges, "BATCH_SIZE", 1)

    build_badges(prepare(dump), heard)

    assert Award.objects.count() == 2
    assert heard.units == 2


def test_imported_badges_cannot_be_earned(dump):
    awarded(dump)

    assert {tuple(badge.rule.items()) for badge in Badge.objects.filter(source="imported")} == {
        (("by", "import"),)
    }
