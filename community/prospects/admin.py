from django.contrib import admin

from community.core.admin_base import MANAGERS, BaseAdmin, EditableInline

from .models import ProspectForum, RosterEntry


class RosterInline(EditableInline):
    model = RosterEntry
    raw_id_fields = ("member",)
    extra = 1


@admin.register(ProspectForum)
class ProspectForumAdmin(BaseAdmin):
    added_by = changed_by = MANAGERS
    list_display = ("category", "promise_minutes", "grace_minutes", "staff_share_limit")
    inlines = (RosterInline,)
