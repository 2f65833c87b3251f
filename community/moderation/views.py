from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from community.core import rate_limits
from community.core.permissions import require
from community.forum.models import Post
from community.members.models import Guidelines, Member
from community.members.requests import member_of
from community.moderation.services import flags, reviews

from . import rules, suspension_links
from .forms.members import AppealForm, FlagForm
from .models import Flag, ReviewItem, Sanction


@require_http_methods(["GET", "POST"])
@login_required
def flag_create(request: HttpRequest, post_id: int) -> HttpResponse:
    member = member_of(request)
    post = get_object_or_404(Post.objects.visible_to(member).select_related("author", "topic"), pk=post_id)
    if (earlier := Flag.objects.filter(post=post, member=member).first()) is not None:
        return render(request, "moderation/flag_done.html", _flag_context(member, earlier))
    require(rules.can_flag(member, post), _("You can only flag visible posts by other people."))
    require(rules.has_flags_left(member), _("You have flagged 20 posts today. Please try again tomorrow."))
    form = FlagForm(request.POST or None, moderator=member.is_moderator)
    if form.is_valid() and rate_limits.check(form, rate_limits.FLAGS, request):
        flag = flags.add(post, actor=member, **form.cleaned_data)
        return render(request, "moderation/flag_done.html", _flag_context(member, flag))
    status = 422 if form.is_bound else 200
    response = render(request, "moderation/flag_create.html", {"form": form, "post": post}, status=status)
    return rate_limits.answer(response, form)


def _flag_context(member: Member, flag: Flag) -> dict[str, object]:
    return {"flag": flag, "post": flag.post, "can_withdraw": rules.can_withdraw(member, flag)}


@require_POST
@login_required
def flag_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    flag = get_object_or_404(Flag.objects.select_related("post"), pk=pk, member=member_of(request))
    require(
        rules.can_withdraw(flag.member, flag),
        _("You can withdraw a flag within ten minutes, until a moderator decides."),
    )
    flags.withdraw(flag)
    messages.success(request, _("Flag withdrawn."))
    return redirect(flag.post)


@require_GET
@login_required
def decision_list(request: HttpRequest) -> HttpResponse:
    """List the reader's sanctions and their hidden and held posts."""
    member = member_of(request)
    context = {
        "sanctions": Sanction.objects.filter(member=member),
        "hidden_posts": Post.objects.filter(author=member, status=Post.Status.HIDDEN).select_related("topic"),
        "held_posts": Post.objects.filter(author=member, status=Post.Status.PENDING).select_related("topic"),
    }
    return render(request, "moderation/decision_list.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def decision_detail(request: HttpRequest, pk: int) -> HttpResponse:
    sanction = get_object_or_404(Sanction, pk=pk, member=member_of(request))
    return _show_or_appeal(request, sanction, sanction.get_absolute_url())


@require_http_methods(["GET", "POST"])
def suspended(request: HttpRequest, token: str) -> HttpResponse:
    """Show a suspended member the reason, the end and the appeal form; opened by a signed link."""
    member = suspension_links.member_of(token)
    latest = Sanction.objects.in_force().filter(member=member, kind=Sanction.Kind.SUSPENSION).first()
    if member is None:
        messages.info(request, _("This link has expired. Log in to see the decision and get a new link."))
        return redirect("account_login")
    if latest is None:
        messages.info(request, _("The suspension has ended. You can log in."))
        return redirect("account_login")
    return _show_or_appeal(request, latest, request.path)


def _show_or_appeal(request: HttpRequest, sanction: Sanction, address: str) -> HttpResponse:
    """Show a sanction with the appeal form, or submit the appeal."""
    waiting = ReviewItem.objects.open().filter(sanction=sanction).first()
    form = AppealForm(request.POST or None)
    if form.is_bound:
        require(
            rules.can_appeal_sanction(sanction.member, sanction),
            _("This decision has already been reversed."),
        )
        if form.is_valid():
            reviews.appeal_sanction(sanction, text=form.cleaned_data["text"])
            messages.success(request, _("Thank you. A moderator will review your appeal."))
            return redirect(address)
    context = {
        "sanction": sanction,
        "form": form,
        "waiting": waiting,
        "guidelines": Guidelines.objects.first(),
    }
    return render(request, "moderation/decision_detail.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def post_appeal(request: HttpRequest, post_id: int) -> HttpResponse:
    """Appeal against the hiding of one's own post."""
    member = member_of(request)
    post = get_object_or_404(Post.objects.visible_to(member).select_related("topic"), pk=post_id)
    require(rules.can_appeal_post(member, post), _("Only the author can appeal when a post is hidden."))
    waiting = ReviewItem.objects.open().filter(post=post, kind=ReviewItem.Kind.APPEAL, sanction=None).first()
    form = AppealForm(request.POST or None)
    if form.is_bound and form.is_valid():
        reviews.appeal_post(post, text=form.cleaned_data["text"])
        messages.success(request, _("Thank you. A moderator will review your post again."))
        return redirect(request.path)
    context = {"post": post, "form": form, "waiting": waiting}
    return render(request, "moderation/post_appeal.html", context, status=422 if form.errors else 200)
