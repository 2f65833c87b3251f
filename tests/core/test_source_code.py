from community.core.source_code import digest


def test_a_digest_changes_with_the_code(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "caravan_one").mkdir()
    (tmp_path / "caravan_one/__init__.py").touch()
    before = digest("caravan_one")
    assert digest("caravan_one") == before

    (tmp_path / "caravan_one/module.py").write_text("CHANGED = True")

    assert digest("caravan_one") != before
