from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.core.addresses import address
from community.core.mailboxes import canonical_address, domain_of
from community.members.names import USERNAME_PATTERN, username_characters


class Company(models.Model):
    """An account: the organisation that members belong to."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    external_id = models.CharField(max_length=100, blank=True)
    verified_domains = ArrayField(
        models.CharField(max_length=253),
        default=list,
        blank=True,
        help_text=_("Verified email domains, such as example.com."),
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = _("companies")

    def __str__(self) -> str:
        return self.name

    def owns_domain_of(self, email: str | None) -> bool:
        """Return whether the address is at one of the verified domains."""
        return bool(email) and domain_of(email) in self.verified_domains


class GuidelinesQuerySet(models.QuerySet["Guidelines"]):
    def in_force(self) -> Guidelines | None:
        """Return the newest version, or None if none has been published."""
        return self.newest_first().first()

    def newest_first(self) -> GuidelinesQuerySet:
        return self.order_by("-version")


class Guidelines(models.Model):
    """A version of the community guidelines; the newest one is in force."""

    version = models.PositiveIntegerField(unique=True)
    source = models.TextField(help_text=_("You can use Markdown."))
    html = models.TextField(editable=False)
    published_at = models.DateTimeField(default=timezone.now)

    objects = GuidelinesQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        verbose_name_plural = _("guidelines")

    def __str__(self) -> str:
        return f"Guidelines, version {self.version}"


# How long a member is away between two visits.
VISIT_ENDS_AFTER = timedelta(hours=1)

# What is not shown beside a topic or a post. Pages load hundreds of authors.
DETAILS = (
    "password",
    "last_login",
    "email",
    "bio",
    "bio_html",
    "location",
    "website",
    "company",
    "shows_company",
    "is_private",
    "time_zone",
    "language",
    "joined_at",
    "last_seen_at",
    "previous_visit_at",
    "claimed_at",
    "guidelines",
    "guidelines_accepted_at",
)


def details(*relations: str) -> list[str]:
    """Return the arguments for `defer()`, for members that a queryset selects by these relations."""
    return [f"{relation}__{name}" for relation in relations for name in DETAILS]


def team_q(path: str = "") -> models.Q:
    """Return the condition `Member.is_team`, on the member that `path` leads to, such as "author"."""
    prefix = f"{path}__" if path else ""
    return ~models.Q(**{f"{prefix}role": ""}) | models.Q(**{f"{prefix}is_superuser": True})


def team_sql(alias: str) -> str:
    """Return the condition `Member.is_team` in SQL; `alias` stands for members_member."""
    return f"({alias}.role <> '' OR {alias}.is_superuser)"


class MemberQuerySet(models.QuerySet["Member"]):
    def claimed(self) -> MemberQuerySet:
        """Members who can log in; imported members cannot until they claim their account."""
        return self.filter(claimed_at__isnull=False)

    def public(self) -> MemberQuerySet:
        """Active members who are not private."""
        return self.filter(is_active=True, is_private=False)

    def named(self, usernames: Collection[str]) -> MemberQuerySet:
        """Members with one of these usernames, ignoring case."""
        lowered = {name.lower() for name in usernames}
        return self.alias(lowered_username=Lower("username")).filter(lowered_username__in=lowered)

    def addresses_of(self, usernames: Collection[str]) -> dict[str, str]:
        """Return profile URLs by lower-case username, for those that exist; for `render(mentions=...)`."""
        return {
            member.username.lower(): member.get_absolute_url() for member in self.public().named(usernames)
        }

    def team(self) -> MemberQuerySet:
        """Members for whom `Member.is_team` is true."""
        return self.filter(team_q())

    def exclude_team(self) -> MemberQuerySet:
        """Members for whom `Member.is_team` is false."""
        return self.exclude(team_q())

    def moderators(self) -> MemberQuerySet:
        """Members for whom `Member.is_moderator` is true."""
        return self.filter(models.Q(role__in=Member.MODERATORS) | models.Q(is_superuser=True))


class MemberManager(BaseUserManager["Member"].from_queryset(MemberQuerySet)):  # type: ignore[misc]
    def create_user(
        self, email: str | None, username: str, password: str | None = None, **fields: object
    ) -> Member:
        member: Member = self.model(email=canonical_address(email or "") or None, username=username, **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member

    def create_superuser(self, email: str, username: str, password: str, **fields: object) -> Member:
        fields = {
            "is_staff": True,
            "is_superuser": True,
            "role": Member.Role.MANAGER,
            "claimed_at": timezone.now(),
            **fields,
        }
        return self.create_user(email, username, password, **fields)


class Member(AbstractBaseUser, PermissionsMixin):
    """A person in the community: prospect, customer, fan or staff. Logs in by email."""

    class Role(models.TextChoices):
        """Staff roles, strongest first; each is also the name of a Group."""

        MANAGER = "manager", _("Community manager")
        MODERATOR = "moderator", _("Moderator")
        PRODUCT = "product", _("Product")
        SUPPORT = "support", _("Support")
        SALES = "sales", _("Sales")

    MODERATORS = (Role.MANAGER, Role.MODERATOR)

    # Imported members have no email address.
    email = models.EmailField(null=True, blank=True)
    # Sign-up allows at most 30 characters; imported usernames may be longer.
    username = models.CharField(max_length=40, validators=[username_characters])
    display_name = models.CharField(max_length=80)
    bio = models.TextField(blank=True, help_text=_("You can use Markdown."))
    bio_html = models.TextField(blank=True, editable=False)
    avatar = models.ImageField(upload_to="avatars/", blank=True)
    location = models.CharField(max_length=120, blank=True)
    website = models.URLField(blank=True)
    company = models.ForeignKey(
        Company, null=True, blank=True, on_delete=models.SET_NULL, related_name="members"
    )
    # We know the company from their email address; they did not tell us.
    shows_company = models.BooleanField(
        default=False, help_text=_("Show the company on the profile to everyone, not just the team.")
    )
    # Whether they bought something is known to us alone until they agree to tell others.
    shows_customer = models.BooleanField(
        default=False, help_text=_("Show to everyone, beside their posts, that this member is a customer.")
    )
    # Those that everybody can see, from qa.services.recount_accepted().
    accepted_answers = models.PositiveIntegerField(default=0, editable=False)
    # The post beside which the member is asked for a picture: their first; 0 once they declined.
    picture_asked_on = models.PositiveBigIntegerField(null=True, editable=False)
    # Added by another system and never here: only the team can see them until they claim the account.
    is_private = models.BooleanField(default=False, editable=False)
    time_zone = models.CharField(max_length=60, default="UTC")
    language = models.CharField(max_length=10, default="en")
    role = models.CharField(max_length=10, choices=Role, blank=True, db_index=True)
    is_staff = models.BooleanField(default=False, help_text=_("Can open the admin."))
    is_active = models.BooleanField(default=True)
    customer_since = models.DateField(null=True, blank=True)
    joined_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    # When they were last seen in the visit before this one; see `new_since`.
    previous_visit_at = models.DateTimeField(null=True, blank=True, editable=False)
    claimed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("When the account was claimed. Empty for imported accounts that nobody has claimed."),
    )
    guidelines = models.ForeignKey(Guidelines, null=True, blank=True, on_delete=models.PROTECT)
    guidelines_accepted_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["username"]

    objects: ClassVar[MemberManager] = MemberManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="member_email_unique"),
            models.UniqueConstraint(Lower("username"), name="member_username_unique"),
            models.CheckConstraint(
                condition=models.Q(username__regex=USERNAME_PATTERN), name="member_username_plain"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        """Return the name the admin shows for the logged-in user."""
        return str(self)

    def get_absolute_url(self) -> str:
        return address("pages:profile", self.username)

    @property
    def staff_role(self) -> str:
        """The role that permissions depend on: superusers count as managers, whatever their `role`."""
        return self.Role.MANAGER if self.is_superuser else self.role

    def get_role_display(self) -> str:  # type: ignore[no-redef]
        return str(self.Role(self.staff_role).label) if self.staff_role else ""

    @property
    def is_team(self) -> bool:
        """Whether this is staff. Staff get a badge beside their name, and no stage or score."""
        return bool(self.staff_role)

    @property
    def is_manager(self) -> bool:
        return self.staff_role == self.Role.MANAGER

    @property
    def is_moderator(self) -> bool:
        """Whether this person can see and moderate every category and post."""
        return self.staff_role in self.MODERATORS

    def new_since(self, now: datetime) -> datetime | None:
        """Return when the last visit before this one ended; what came later is new. None on the first visit."""
        is_known = self.last_seen_at is not None and now - self.last_seen_at < VISIT_ENDS_AFTER
        return self.previous_visit_at if is_known else self.last_seen_at

    @property
    def standing(self) -> str:
        """What the member agreed to have shown beside their name; empty for staff, whose role is shown."""
        if not self.shows_customer or self.customer_since is None or self.is_team:
            return ""
        return str(_("Customer since %(year)d") % {"year": self.customer_since.year})

    @property
    def zone(self) -> ZoneInfo:
        """The member's time zone, or UTC if tzdata no longer knows it."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a directory of zones, like “Europe”
            return ZoneInfo("UTC")

    @property
    def is_claimed(self) -> bool:
        return self.claimed_at is not None

    @property
    def is_verified_customer(self) -> bool:
        """Whether they bought something, or their email domain is one their company has verified."""
        if self.customer_since is not None:
            return True
        return self.company is not None and self.company.owns_domain_of(self.email)


class VisitorDraftQuerySet(models.QuerySet["VisitorDraft"]):
    def current(self) -> VisitorDraftQuerySet:
        return self.filter(kept_at__gt=timezone.now() - VisitorDraft.KEPT_FOR)

    def expired(self) -> VisitorDraftQuerySet:
        return self.filter(kept_at__lte=timezone.now() - VisitorDraft.KEPT_FOR)


class VisitorDraft(models.Model):
    """What a member wrote as a visitor, just before they signed up or logged in; they can still post it."""

    KEPT_FOR = timedelta(days=7)

    member = models.OneToOneField(
        Member, on_delete=models.CASCADE, primary_key=True, related_name="visitor_draft"
    )
    address = models.CharField(max_length=200, help_text=_("The page that shows it."))
    fields = models.JSONField(help_text=_("The form's fields by name."))
    kept_at = models.DateTimeField(default=timezone.now)

    objects = VisitorDraftQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Draft of {self.member}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> InvitationQuerySet:
        """Invitations that were neither used nor have expired."""
        oldest = timezone.now() - Invitation.VALID_FOR
        return self.filter(accepted_at=None, created_at__gt=oldest, member__claimed_at=None)


class Invitation(models.Model):
    """An invitation to the person behind an imported member to claim the account."""

    VALID_FOR = timedelta(days=14)

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    invited_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    # Set before the mail goes out, so that it is sent only once.
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Invitation of {self.member} to {self.email}"
