from community.core.source_code import digest


def test_a_digest_changes_with_the_code_of_any_package(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("caravan_one", "caravan_two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    found = [digest("caravan_one"), digest("caravan_one", "caravan_two")]
    (tmp_path / "caravan_two/module.py").write_text("CHANGED = True")
    digest.cache_clear()

    assert digest("caravan_one") == found[0]
    assert digest("caravan_one", "caravan_two") != found[1]
