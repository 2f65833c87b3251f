"""Template filters for the audit log."""

from django import template
from django.utils.safestring import SafeString

from community.moderation.audit_text import describe
from community.moderation.models import AuditEntry

register = template.Library()


@register.filter
def audit_text(entry: AuditEntry) -> SafeString:
    """`{{ entry|audit_text }}`: a sentence that says what was done."""
    return describe(entry)
