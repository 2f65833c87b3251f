"""How the audit log reads."""

from django import template
from django.utils.safestring import SafeString

from community.moderation import audit_text
from community.moderation.models import AuditEntry

register = template.Library()


@register.filter
def told(entry: AuditEntry) -> SafeString:
    """`{{ entry|told }}`: what was done, as a person would say it."""
    return audit_text.describe(entry)
