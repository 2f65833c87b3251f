import time

import pytest

from community.importers.stackexchange.addresses import Target
from community.importers.stackexchange.text import Links, from_comment, from_markdown, titles_in

OURS = {
    Target("post", 12): ("/t/1/why-hops/", "Why [hops]?"),
    Target("post", 34): ("/p/2/", "Why [hops]?"),
    Target("user", 7): ("/u/ann/", "Ann"),
}
LINKS = Links(["beer.example.com", "alcohol.example.com"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("#Heading", "# Heading"),
        ("###Heading\ntext", "### Heading\ntext"),
        ("# Heading", "# Heading"),
        (">! hidden\n>! more", "> hidden\n> more"),
        ("see [tag:dry-hopping] here", "see [dry-hopping](/tags/dry-hopping) here"),
        ("[meta-tag:bug]", "[bug](/questions/tagged/bug)"),
        ("on [cooking.se] too", "on [cooking.se](https://cooking.stackexchange.com) too"),
        ("[cooking.se](https://x.example)", "[cooking.se](https://x.example)"),
        ("<!-- language: lang-py -->\n\n    code", "    code"),
        ("\n \n    code\n\ntext \n", "    code\n\ntext"),
        ("[a][1]\n [1]: x\n  [2]: y\n\n[1]: z", "[a][1]\n\n[1]: z\n[2]: y"),
        ("text\n  [1]: x\nmore", "text\nmore\n\n[1]: x"),
        (">###Quoted", ">### Quoted"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("`#Heading [tag:x]`", "`#Heading [tag:x]`"),
        ("```\n#Heading\n```\n#Real", "```\n#Heading\n```\n# Real"),
        ("- item\n\n    - [tag:x]\n\n    [tag:y]", "- item\n\n    - [x](/tags/x)\n\n    [y](/tags/y)"),
        ("- item\n\n  more\n\n    - [tag:x]", "- item\n\n  more\n\n    - [x](/tags/x)"),
        ("- item\n\n        [tag:x]", "- item\n\n        [tag:x]"),
        ("- item\n\ntext\n\n    [tag:x]", "- item\n\ntext\n\n    [tag:x]"),
        ("text\n\n    #indented\n\n#Real", "text\n\n    #indented\n\n# Real"),
        ("``a ` [tag:x]`` [tag:y]", "``a ` [tag:x]`` [y](/tags/y)"),
        ("one ` tick\n\n[tag:x] other ` tick", "one ` tick\n\n[x](/tags/x) other ` tick"),
        ("```\nnever closed\n#Heading", "```\nnever closed\n#Heading"),
    ],
)
def test_from_markdown_translates_the_dialect_outside_code(before, after):
    assert from_markdown(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1) one\n2) two 30 ml", "1\\) one\n2\\) two 30 ml"),
        ("text\n- no\n* no\n1. no", "text\n\\- no\n\\* no\n1\\. no"),
        ("text\n\n- yes\n- yes\n  more\n\n1. yes\n2. yes", "text\n\n- yes\n- yes\n  more\n\n1. yes\n2. yes"),
        ("- yes\n\ntext\n- no", "- yes\n\ntext\n\\- no"),
        ("30 ml\n10 ml", "30 ml\n10 ml"),
        ("**Heading**\n-\ntext", "**Heading**\n-\ntext"),
        ("> 1) one\n\n2)\ntwo", "> 1\\) one\n\n2\\)\ntwo"),
        ("<!-- note -->See [a](http://a.example)", "See [a](http://a.example)"),
        ("above\n\n<hr>\nSee *this*", "above\n\n<hr>\n\nSee *this*"),
        ("Use `<!-- x -->`, a <hr> or\n<hr/>\n\nbelow", "Use `<!-- x -->`, a <hr> or\n<hr/>\n\nbelow"),
        ("## Why?##\n# C #", "## Why? ##\n# C #"),
    ],
)
def test_from_markdown_follows_the_rules_of_its_time(before, after):
    assert from_markdown(before, old_rules=True) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("see https://x.example/q/1.", "see [Why \\*?](https://x.example/q/1)."),
        ('("https://x.example/q/1")', '("[Why \\*?](https://x.example/q/1)")'),
        ("<https://x.example/q/1>", "[Why \\*?](https://x.example/q/1)"),
        ("[a](https://x.example/q/1)", "[a](https://x.example/q/1)"),
        ("`https://x.example/q/1` https://x.example/q/12", "`https://x.example/q/1` https://x.example/q/12"),
    ],
)
def test_from_markdown_shows_titles_where_they_were_shown(before, after):
    titles = titles_in(
        '<a href="https://x.example/q/1" rel="x">Why *?</a> <a href="https://y.example">https://y</a>'
    )

    assert titles == {"https://x.example/q/1": "Why *?"}
    assert from_markdown(before, titles=titles) == after


def test_from_comment_leaves_headings_alone():
    assert from_comment("#1 is [tag:hops]\r\n") == "#1 is [hops](/tags/hops)"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[why](https://beer.example.com/questions/12/why-hops)", "[why](/t/1/why-hops/)"),
        ("[why](http://alcohol.example.com/q/12)", "[why](/t/1/why-hops/)"),
        ('[why](//beer.example.com/a/34/7 "title")', '[why](/p/2/ "title")'),
        ("[why](/questions/12/why-hops#34)", "[why](/p/2/)"),
        ("[why](/questions/12/why-hops/99)", "[why](/t/1/why-hops/)"),
        ("[1]: https://beer.example.com/users/7/ann", "[1]: /u/ann/"),
        ('<a href="https://beer.example.com/users/7">x</a>', '<a href="/u/ann/">x</a>'),
        ("see https://beer.example.com/q/12.", r"see [Why \[hops\]?](/t/1/why-hops/)."),
        ("see <https://beer.example.com/q/12> now", r"see [Why \[hops\]?](/t/1/why-hops/) now"),
        (
            "[https://beer.example.com/q/12](https://beer.example.com/q/12)",
            "[https://beer.example.com/q/12](/t/1/why-hops/)",
        ),
        ("https://beer.example.com/q/999", "https://beer.example.com/q/999"),
        ("https://other.example.com/q/12", "https://other.example.com/q/12"),
        ("`https://beer.example.com/q/12`", "`https://beer.example.com/q/12`"),
        ("a path /questions/12 is no link", "a path /questions/12 is no link"),
        ("https://beer.example.com/help", "https://beer.example.com/help"),
        ("[help](/help/on-topic)", "[help](https://beer.example.com/help/on-topic)"),
        ("[gone](/q/999)", "[gone](https://beer.example.com/q/999)"),
        ("[gone](//beer.example.com/q/999)", "[gone](https://beer.example.com/q/999)"),
        ("![a](//i.example.com/x.png)", "![a](https://i.example.com/x.png)"),
        ('<img src="//i.example.com/x.png">', '<img src="https://i.example.com/x.png">'),
        ("[1]: //i.example.com/q/12", "[1]: https://i.example.com/q/12"),
        ("[ale](/tags/ale)", "[ale](https://beer.example.com/questions/tagged/ale)"),
    ],
)
def test_rewrite_leads_links_to_us(before, after):
    assert LINKS.rewrite(before, OURS.get) == after


@pytest.mark.parametrize(
    ("link", "host"),
    [("[ale](/tags/ale)", "a.example.com"), ("[ale](/questions/tagged/ale)", "a.meta.example.com")],
)
def test_rewrite_leads_tags_of_a_meta_site_to_its_main_site(link, host):
    links = Links(["a.meta.example.com"])

    assert links.rewrite(link, OURS.get) == f"[ale](https://{host}/questions/tagged/ale)"


def test_rewrite_without_a_known_site_rewrites_paths_only():
    links = Links([])

    assert links.rewrite("[a](/q/12) https://beer.example.com/q/12", OURS.get) == (
        "[a](/t/1/why-hops/) https://beer.example.com/q/12"
    )


def test_targets_names_everything_linked_to():
    text = "[a](https://beer.example.com/q/12) and https://alcohol.example.com/users/7, [b](/questions/tagged/ale)"

    assert LINKS.targets(text) == {Target("post", 12), Target("user", 7), Target("tag", "ale")}


@pytest.mark.parametrize(
    "text",
    [
        "` " * 60_000,
        "`" * 120_000,
        "[" * 120_000,
        "```\n" * 40_000,
        "https://beer.example.com/q/" * 5_000,
        "#" * 120_000,
    ],
)
def test_translating_takes_time_in_proportion(text):
    started = time.thread_time()

    LINKS.rewrite(from_markdown(text), OURS.get)

    assert time.thread_time() - started < 10  # CPU seconds, which do not depend on the machine's load
