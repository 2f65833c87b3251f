from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from community.core.addresses import address
from community.core.components import validate_icon

if TYPE_CHECKING:
    from community.members.models import Member

    Reader: TypeAlias = Member | AnonymousUser


class CategoryQuerySet(models.QuerySet["Category"]):
    def visible_to(self, user: Reader) -> CategoryQuerySet:
        """Categories the reader may see; a subcategory requires access to its parent too."""
        if user.is_authenticated and user.is_moderator:
            return self
        parents = Category.objects.filter(parent=None)._open_to(user, "see")
        return self._open_to(user, "see").filter(Q(parent=None) | Q(parent__in=parents.values("pk")))

    def replyable_by(self, user: Reader) -> CategoryQuerySet:
        """Categories where the reader may reply."""
        return self.visible_to(user)._open_to(user, "reply")

    def creatable_by(self, user: Reader) -> CategoryQuerySet:
        """Categories where the reader may start a topic."""
        return self.visible_to(user)._open_to(user, "create").filter(is_archived=False)

    def open_to_new_members(self) -> CategoryQuerySet:
        """Public categories where every member may start a topic."""
        public = self.visible_to(AnonymousUser()).filter(is_archived=False)
        return public.exclude(create_by=Category.Audience.GROUPS)

    def _open_to(self, user: Reader, act: str) -> CategoryQuerySet:
        if not user.is_authenticated:
            return self.filter(**{f"{act}_by": Category.Audience.EVERYONE}) if act == "see" else self.none()
        if user.is_moderator:
            return self
        groups = user.groups.values("pk")
        return self.filter(
            ~Q(**{f"{act}_by": Category.Audience.GROUPS})
            | Q(
                pk__in=getattr(Category, f"{act}_groups")
                .through.objects.filter(group__in=groups)
                .values("category")
            )
        )


class Category(models.Model):
    """A category of topics, at most two levels deep, with access rules for seeing, replying and creating."""

    class Kind(models.TextChoices):
        FORUM = "forum", _("Forum")
        QA = "qa", _("Questions and answers")
        IDEAS = "ideas", _("Ideas")
        ARTICLES = "articles", _("Articles")
        PROSPECT = "prospect", _("Prospect forum")

    class Audience(models.TextChoices):
        EVERYONE = "everyone", _("Everyone")
        MEMBERS = "members", _("Members")
        GROUPS = "groups", _("Chosen groups")

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FORUM)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    position = models.PositiveIntegerField(default=0)
    icon = models.CharField(
        max_length=40, default="message-circle", help_text=_("The name of a Lucide icon.")
    )
    see_by = models.CharField(max_length=10, choices=Audience, default=Audience.EVERYONE)
    reply_by = models.CharField(max_length=10, choices=Audience, default=Audience.MEMBERS)
    create_by = models.CharField(max_length=10, choices=Audience, default=Audience.MEMBERS)
    see_groups = models.ManyToManyField(Group, blank=True, related_name="+")
    reply_groups = models.ManyToManyField(Group, blank=True, related_name="+")
    create_groups = models.ManyToManyField(Group, blank=True, related_name="+")
    holds_posts = models.BooleanField(default=False, help_text=_("Every post needs approval."))
    formulas = models.BooleanField(
        default=False,
        help_text=_("Show $x$ and $$x$$ as formulas. Run “manage.py rerender” to update existing posts."),
    )
    is_archived = models.BooleanField(
        default=False, help_text=_("Members can read the topics but not start new ones.")
    )
    topic_count = models.PositiveIntegerField(default=0)
    post_count = models.PositiveIntegerField(default=0)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = _("categories")
        constraints = [
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="category_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return address("forum:category", self.slug)

    def clean(self) -> None:
        """Reject unknown icons and a third level of categories."""
        validate_icon(self.icon)
        if self.parent_id is None:
            return
        if self.parent_id == self.pk or self.parent is None or self.parent.parent_id is not None:
            raise ValidationError({"parent": _("Choose a top-level category.")})
        if self.pk and Category.objects.filter(parent_id=self.pk).exists():
            raise ValidationError(
                {"parent": _("This category has subcategories, so it must stay at the top level.")}
            )
