from community.core import freshness


def mark_of(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    freshness.build.cache_clear()
    try:
        return freshness.build()
    finally:
        freshness.build.cache_clear()


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
