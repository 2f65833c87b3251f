from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from .models import ProspectForum, RosterEntry


class RosterInline(TabularInline):
    model = RosterEntry
    raw_id_fields = ("member",)
    extra = 1


@admin.register(ProspectForum)
class ProspectForumAdmin(ModelAdmin):
    list_display = ("category", "promise_minutes", "grace_minutes", "staff_share_limit")
    inlines = (RosterInline,)
