import pytest
from django.template import engines
from django.template.engine import Engine

from community.core.loaders import Loader


@pytest.fixture
def load(tmp_path):
    """Write a template and return what the loader makes of it."""

    def load(name, text):
        (tmp_path / name).write_text(text)
        loader = Loader(Engine(), dirs=[tmp_path])
        origin = next(iter(loader.get_template_sources(name)))
        return loader.get_contents(origin)

    return load


def test_indentation_and_empty_lines_are_left_out(load):
    text = '<ul>\n  <li class="a"\n      id="b">one two</li>\n\n</ul>\n'

    assert load("a.html", text) == '<ul>\n<li class="a"\nid="b">one two</li>\n</ul>\n'


@pytest.mark.parametrize("tag", ["pre", "textarea", "PRE"])
def test_white_space_that_is_content_is_kept(load, tag):
    text = f"<div>\n  <{tag}>\n    x\n  </{tag}>\n</div>"

    assert load("a.html", text) == text


def test_plain_text_is_kept(load):
    assert load("mail.txt", "Dear\n  you,\n\nbye") == "Dear\n  you,\n\nbye"


def test_our_pages_are_loaded_so():
    page = engines["django"].get_template("404.html")

    assert "\n  " not in page.template.source
