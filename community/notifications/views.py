from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from community.core.requests import is_person
from community.members.requests import member_of

from . import services, subjects
from .models import Notification

PER_PAGE = 20


@require_GET
@login_required
def notification_list(request: HttpRequest) -> HttpResponse:
    reader = member_of(request)
    lines = Notification.objects.filter(member=reader).select_related("actor")
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    found = subjects.resolve(list(page), reader=reader)
    shown = [(line, found[line.pk]) for line in page if line.pk in found]
    newest = page[0].created_at.isoformat() if len(page) else ""
    context = {"page": page, "shown": shown, "newest": newest, "unread": services.unread_count(reader)}
    return render(request, "notifications/notification_list.html", context)


@require_GET
@never_cache
@login_required
def notification_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notification as read and redirect to its subject."""
    reader = member_of(request)
    line = get_object_or_404(Notification, pk=pk, member=reader)
    if is_person(request):
        services.mark_read(line)
    subject = subjects.resolve([line], reader=reader).get(line.pk)
    if subject is None:
        messages.info(request, _("This content is no longer available."))
        return redirect("notifications:notification-list")
    return redirect(subject.address)


@require_POST
@login_required
def notifications_read(request: HttpRequest) -> HttpResponse:
    count = services.mark_all_read(member_of(request), until=_moment(request.POST.get("until", "")))
    messages.success(
        request,
        ngettext("%(n)d notification marked as read.", "%(n)d notifications marked as read.", count)
        % {"n": count},
    )
    return redirect("notifications:notification-list")


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
