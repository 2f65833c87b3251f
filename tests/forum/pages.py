"""Reading pages as a person or a parser does."""

from lxml import html


def page(response):
    return html.fromstring(response.content.decode())


def texts(response, selector):
    """The text of every element a CSS class selector such as `.topic-title a` finds, white space squeezed."""
    return [" ".join(node.text_content().split()) for node in page(response).cssselect(selector)]


def titles(response):
    """The titles of a list of topics, in order."""
    return texts(response, ".topic-title a:not(.count)")


def ids(response):
    """The primary keys of the posts shown on a page of a topic, in order."""
    return [int(node.get("id")[1:]) for node in page(response).cssselect("article.post")]
