from django.contrib import admin

from community.core.backstage import MANAGERS, BackstageAdmin, EditableInline

from .models import ProspectForum, RosterEntry


class RosterInline(EditableInline):
    model = RosterEntry
    raw_id_fields = ("member",)
    extra = 1


@admin.register(ProspectForum)
class ProspectForumAdmin(BackstageAdmin):
    added_by = changed_by = MANAGERS
    list_display = ("category", "promise_minutes", "grace_minutes", "staff_share_limit")
    inlines = (RosterInline,)
