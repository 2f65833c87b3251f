from types import SimpleNamespace

import pytest
from django.template import Context, Template

from community.core.holes import Holes, fill

CASES = "{% hole liked post.pk False True %}{% if liked %}yes{% else %}no{% endif %}{% endhole %}"
WHOLE = "{% hole corner %}{{ name }}{% endhole %}"


def written(source, **context):
    holes = Holes()
    return holes.cut(Template(source).render(Context({"holes": holes, "post": post(7), **context})))


def post(pk):
    return SimpleNamespace(pk=pk)


@pytest.mark.parametrize(
    ("mine", "text"), [({}, "no"), ({"liked": {7: True}}, "yes"), ({"liked": {8: True}}, "no")]
)
def test_page_for_one_reader_has_no_holes(mine, text):
    assert Template(CASES).render(Context({"mine": mine, "post": post(7)})) == text


def test_hole_without_values_is_what_it_holds():
    assert Template(WHOLE).render(Context({"name": "Ada"})) == "Ada"


@pytest.mark.parametrize(
    ("own", "text"), [({}, "<no>"), ({7: True}, "<yes>"), ({7: False}, "<no>"), ({8: True}, "<no>")]
)
def test_each_reader_gets_the_text_for_their_value(own, text):
    assert fill(written(f"<{CASES}>"), {"liked": own}) == text


def test_what_is_one_persons_is_not_written_for_the_many():
    parts = written(f"<{WHOLE}>", name="Ada")

    assert "Ada" not in str(parts)
    assert fill(parts, {"corner": "Grace"}) == "<Grace>"


def test_hole_that_nobody_fills_is_an_error():
    with pytest.raises(KeyError):
        fill(written(WHOLE), {})


def test_no_text_passes_for_a_hole():
    other = str(Holes().leave("corner"))

    assert fill(written("{{ words }}", words=f"00000 {other}"), {"corner": "secret"}) == f"00000 {other}"


def test_hole_keeps_its_place_where_text_is_escaped():
    holes = Holes()
    page = Template('<a title="{{ token }}">').render(Context({"token": str(holes.leave("token"))}))

    assert fill(holes.cut(page), {"token": "t"}) == '<a title="t">'


def test_many_holes_stay_in_order():
    source = "{% for post in posts %}" + CASES + "{% endfor %}"
    parts = written(source, posts=[post(number) for number in range(300)])

    text = fill(parts, {"liked": {3: True, 299: True}})

    assert text == "no" * 3 + "yes" + "no" * 295 + "yes"
