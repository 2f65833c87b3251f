"""The admin's dashboard, with what needs attention today, and its sidebar."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from community.core.admin_base import MANAGERS, MODERATORS, Tile, has_role, registered_tiles
from community.core.ago import phrase
from community.events.models import DeadLetter

from .models import AuditEntry, Flag, ReviewItem, Sanction

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Items that wait longer than this are marked as urgent.
LATE = timedelta(hours=24)
QUEUE = "admin:moderation_reviewitem_changelist"


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the dashboard's context; Unfold's DASHBOARD_CALLBACK."""
    waiting = ReviewItem.objects.open().select_related("post__topic", "member", "claimed_by")
    context |= {
        "tiles": tiles(request),
        "next_items": waiting.most_urgent_first()[:6],
        "recent_acts": AuditEntry.objects.select_related("actor")[:10],
    }
    return context


def tiles(request: HttpRequest) -> list[Tile]:
    """Return all tiles, urgent ones first and empty ones last."""
    found = [*moderation_tiles(request), *system_tiles(request), *registered_tiles(request)]
    return sorted(found, key=lambda tile: (not tile.urgent, tile.figure == 0))


def moderation_tiles(request: HttpRequest) -> list[Tile]:
    now = timezone.now()
    queue = reverse(QUEUE)
    found = ReviewItem.objects.open().aggregate(
        all=Count("pk"),
        oldest=Min("created_at"),
        flagged=Count("pk", filter=Q(kind="flagged")),
        held=Count("pk", filter=Q(kind="held")),
        appeals=Count("pk", filter=Q(kind="appeal")),
        mine=Count("pk", filter=Q(claimed_by=request.user.pk)),
    )
    oldest = found["oldest"]
    late = oldest is not None and now - oldest > LATE
    age = _("Oldest: %(ago)s") % {"ago": phrase(oldest, now=now)} if oldest else _("All done")
    flags = Flag.objects.filter(status=Flag.Status.OPEN).count()
    barred = Sanction.objects.in_force().count()
    return [
        Tile(_("Waiting for review"), found["all"], age, queue, "inbox", urgent=late),
        Tile(
            _("Flagged posts"),
            found["flagged"],
            ngettext("%(n)d open flag", "%(n)d open flags", flags) % {"n": flags},
            f"{queue}?kind__exact=flagged",
            "flag",
        ),
        Tile(
            _("Held posts"),
            found["held"],
            _("Waiting for approval"),
            f"{queue}?kind__exact=held",
            "pause_circle",
        ),
        Tile(
            _("Appeals"),
            found["appeals"],
            _("Waiting for a second review"),
            f"{queue}?kind__exact=appeal",
            "gavel",
        ),
        Tile(_("Assigned to you"), found["mine"], _("Open items"), f"{queue}?state=mine", "person"),
        Tile(
            _("Silenced or suspended"),
            barred,
            _("Members, right now"),
            f"{reverse('admin:moderation_sanction_changelist')}?state=in_force",
            "block",
        ),
    ]


def system_tiles(request: HttpRequest) -> list[Tile]:
    if not has_role(request, MANAGERS):
        return []
    letters = DeadLetter.objects.filter(resolved_at__isnull=True).count()
    note = _("Events that could not be processed") if letters else _("All events were processed")
    address = reverse("admin:events_deadletter_changelist")
    return [Tile(_("Dead letters"), letters, note, address, "mark_email_unread", urgent=letters > 0)]


def queue_badge(request: HttpRequest) -> str:
    return str(ReviewItem.objects.open().count() or "")


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return Unfold's sidebar navigation, with only the pages the reader may open."""
    return [
        {
            "title": _("Today"),
            "items": [
                _item(request, _("Back to the community"), "pages:home", "arrow_back"),
                _item(request, _("Overview"), "admin:index", "space_dashboard"),
                _item(request, _("Review queue"), QUEUE, "inbox", badge=queue_badge(request)),
                _item(request, _("Flags"), "admin:moderation_flag_changelist", "flag"),
                _item(request, _("Sanctions"), "admin:moderation_sanction_changelist", "gavel"),
            ],
        },
        _group(request, _("People"), _PEOPLE),
        _group(request, _("Content"), _CONTENT),
        _group(request, _("Recognition"), _RECOGNITION),
        _group(request, _("Journeys"), _JOURNEYS),
        _group(request, _("Moderation"), _MODERATION),
        _group(request, _("System"), _SYSTEM),
    ]


Entry = tuple["StrOrPromise", str, str]

_PEOPLE: list[Entry] = [
    (gettext_lazy("Members"), "admin:members_member_changelist", "group"),
    (gettext_lazy("Companies"), "admin:members_company_changelist", "apartment"),
    (gettext_lazy("Invitations"), "admin:members_invitation_changelist", "mail"),
]
_CONTENT: list[Entry] = [
    (gettext_lazy("Categories"), "admin:forum_category_changelist", "folder"),
    (gettext_lazy("Topics"), "admin:forum_topic_changelist", "forum"),
    (gettext_lazy("Posts"), "admin:forum_post_changelist", "chat"),
    (gettext_lazy("Tags"), "admin:forum_tag_changelist", "sell"),
    (gettext_lazy("Prospect forums"), "admin:prospects_prospectforum_changelist", "handshake"),
]
_RECOGNITION: list[Entry] = [
    (gettext_lazy("Badges"), "admin:badges_badge_changelist", "military_tech"),
    (gettext_lazy("Awards"), "admin:badges_award_changelist", "workspace_premium"),
    (gettext_lazy("Advocates"), "advocacy:advocate-list", "campaign"),
]
_JOURNEYS: list[Entry] = [
    (gettext_lazy("Journey map"), "journeys:journey-map", "route"),
    (gettext_lazy("Rules"), "admin:journeys_ruleset_changelist", "rule"),
    (gettext_lazy("Overrides"), "admin:journeys_override_changelist", "edit_location"),
    (gettext_lazy("Stage history"), "admin:journeys_stagehistory_changelist", "history"),
]
_MODERATION: list[Entry] = [
    (gettext_lazy("Guidelines"), "admin:members_guidelines_changelist", "menu_book"),
    (gettext_lazy("Moderation policy"), "admin:moderation_policy_changelist", "tune"),
    (gettext_lazy("Blocked words"), "admin:moderation_blockedword_changelist", "do_not_disturb"),
    (gettext_lazy("Audit log"), "admin:moderation_auditentry_changelist", "receipt_long"),
]
_SYSTEM: list[Entry] = [
    (gettext_lazy("Dead letters"), "admin:events_deadletter_changelist", "mark_email_unread"),
    (gettext_lazy("Followers"), "admin:events_cursor_changelist", "timeline"),
    (gettext_lazy("Events"), "admin:events_event_changelist", "bolt"),
    (gettext_lazy("Unmatched events"), "admin:api_waitingevent_changelist", "shopping_cart"),
    (gettext_lazy("Quarantine"), "admin:api_quarantinedevent_changelist", "report"),
    (gettext_lazy("Purchase files"), "admin:api_purchasefile_changelist", "upload_file"),
    (gettext_lazy("External IDs"), "admin:api_externalid_changelist", "badge"),
    (gettext_lazy("Custom events"), "admin:events_customkind_changelist", "add_box"),
    (gettext_lazy("Imports"), "admin:importers_importbatch_changelist", "move_to_inbox"),
    (gettext_lazy("API tokens"), "admin:api_apitoken_changelist", "key"),
]


def _group(request: HttpRequest, title: str, entries: list[Entry]) -> dict[str, Any]:
    items = [_item(request, text, name, icon) for text, name, icon in entries]
    return {"title": title, "items": [item for item in items if item["link"]], "separator": True}


def _item(request: HttpRequest, title: StrOrPromise, name: str, icon: str, badge: str = "") -> dict[str, Any]:
    link = _address(request, name)
    item: dict[str, Any] = {"title": title, "icon": icon, "link": link, "active": _is_open(request, link)}
    if badge:
        item["badge"], item["badge_variant"] = badge, "primary"
    return item


def _is_open(request: HttpRequest, link: str) -> bool:
    """Whether the page belongs to this entry. Unfold would also highlight /advocacy/ on /admin/advocacy/score/."""
    has_pages_below = link.startswith(reverse("admin:index")) and link != reverse("admin:index")
    return request.path == link or (has_pages_below and request.path.startswith(link))


def _address(request: HttpRequest, name: str) -> str:
    """Return the page's URL; an empty string if it does not exist or the reader may not open it."""
    from django.contrib import admin

    try:
        address = reverse(name)
    except NoReverseMatch:
        return ""
    for model, model_admin in admin.site._registry.items():
        if name == f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist":
            return address if model_admin.has_view_permission(request) else ""
    return address if has_role(request, MODERATORS) else ""
