"""The environment of pages with what only tests want: the client sees their contexts, as it sees Django's own."""

from typing import Any

from jinja2 import Environment, Template

from community.core import jinja


class RecordedTemplate(Template):
    def render(self, *args: Any, **kwargs: Any) -> str:
        from django.test.signals import template_rendered  # not for the programs that tests start

        template_rendered.send(sender=self, template=self, context=dict(*args, **kwargs))
        return super().render(*args, **kwargs)


def environment(**options: Any) -> Environment:
    env = jinja.environment(**options)
    env.template_class = RecordedTemplate
    return env
