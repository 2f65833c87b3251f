"""What Django's templates (the admin, allauth, mails) have without loading it."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.template.loader import get_template
from django.utils.safestring import SafeString

from community.core import components

register = template.Library()

register.simple_tag(components.icon)
register.simple_tag(components.relative_time)
register.filter(components.compact)


@register.filter
def with_main_landmark(page: SafeString) -> SafeString:
    """Name the theme's <div> that holds a page of the admin as its main part, for screen readers."""
    return SafeString(page.replace('<div id="main"', '<div id="main" role="main"', 1))


@register.simple_tag(takes_context=True)
def jinja(context: RequestContext, name: str, **values: Any) -> SafeString:
    """Render a Jinja2 template here, with what this template knows and `values`."""
    request: HttpRequest | None = context.get("request")
    known = {key: value for layer in context.dicts for key, value in layer.items()}
    return SafeString(get_template(name, using="jinja2").render({**known, **values}, request))
