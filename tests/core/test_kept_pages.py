import pytest
from django.db import transaction

from community.core import demo, kept_pages
from community.core.kept_pages import everything_changed, find_page, keep_page


def found():
    return find_page("page", depends_on="lists")[0]


def keep_a_page():
    keep_page("page", "<p>", versions=find_page("page", depends_on="lists")[1], seconds=60)


@pytest.mark.django_db(transaction=True)
def test_no_page_is_found_once_everything_changed():
    keep_a_page()
    kept = found()
    with transaction.atomic():
        everything_changed()

    assert [kept, found()] == ["<p>", None]


def test_no_page_is_kept_while_the_demo_is_being_written(tmp_path, settings):
    settings.DEMO_MARK = tmp_path / "mark"

    with demo.being_written():
        keep_a_page()

    assert found() is None


def mark_of(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    kept_pages.build.cache_clear()
    try:
        return kept_pages.build()
    finally:
        kept_pages.build.cache_clear()


def test_other_templates_or_code_are_another_build(tmp_path, settings):
    (tmp_path / "templates/forum").mkdir(parents=True)
    (tmp_path / "community/forum").mkdir(parents=True)
    marks = [mark_of(tmp_path, settings), mark_of(tmp_path, settings)]
    (tmp_path / "templates/forum/page.html").write_text("<p>")
    marks.append(mark_of(tmp_path, settings))
    (tmp_path / "community/forum/page.py").write_text("")
    marks.append(mark_of(tmp_path, settings))
    (tmp_path / "community/forum/page.py").write_text("x = 1")
    marks.append(mark_of(tmp_path, settings))

    assert marks[0] == marks[1]
    assert len(set(marks)) == 4
