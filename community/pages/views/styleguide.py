from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from community.core.permissions import require
from community.members.requests import member_of
from community.pages.styleguide import examples


@require_safe
@login_required
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the team every macro of templates/components/ in all its states."""
    require(member_of(request).is_team, _("The style guide is for the team."))
    return render(request, "pages/styleguide.html", examples())
