from hypothesis import given
from hypothesis import strategies as st
from markdown_it import helpers

from community.core.link_destinations import parse_destination
from community.core.markdown import render

CHARACTERS = st.sampled_from("ab() \\<>\n\x7f&;é[]")


@given(st.text(CHARACTERS, max_size=12).filter(lambda text: text.count("(") <= 3), st.data())
def test_destinations_end_where_markdown_it_ends_them(text, data):
    start = data.draw(st.integers(0, len(text)))
    limit = data.draw(st.integers(start, len(text)))

    found, expected = (one(text, start, limit) for one in (parse_destination, helpers.parseLinkDestination))

    assert found.ok == expected.ok
    if found.ok:
        assert (found.pos, found.str) == (expected.pos, expected.str)


def test_destinations_have_three_levels_of_brackets():
    source = "[a](/b(c(d(e)))) [a](/b(c(d(e(f)))))"

    assert render(source).html == (
        '<p><a href="/b(c(d(e)))" rel="nofollow ugc noopener">a</a> [a](/b(c(d(e(f)))))</p>\n'
    )
