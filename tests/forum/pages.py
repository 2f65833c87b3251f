"""Helpers for parsing pages."""

from lxml import html


def page(response):
    return html.fromstring(response.content.decode())


def texts(response, selector):
    """Return the text of each element that matches a CSS selector, with white space collapsed."""
    return [" ".join(node.text_content().split()) for node in page(response).cssselect(selector)]


def titles(response):
    """Return the titles of a topic list, in order."""
    return texts(response, ".topic-title a:not(.count)")


def ids(response):
    """Return the ids of the posts on a topic page, in order."""
    return [int(node.get("id")[1:]) for node in page(response).cssselect("article.post")]
