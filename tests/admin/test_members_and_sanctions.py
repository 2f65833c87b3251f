import pytest
from django.urls import reverse
from django.utils import timezone

from community.events.catalogue import COMPANY_JOINED
from community.events.models import Event
from community.members.models import Company, Guidelines
from community.moderation.models import AuditEntry, Flag, Sanction
from community.moderation.services import flags
from tests.factories.forum import PostFactory
from tests.factories.members import CompanyFactory, MemberFactory
from tests.factories.moderation import FlagFactory, SanctionFactory

from .members import edited, page_of

pytestmark = pytest.mark.django_db

MEMBERS = reverse("admin:members_member_changelist")
SANCTIONS = reverse("admin:moderation_sanction_changelist")


def test_a_manager_sets_roles_through_the_service(as_manager, manager):
    member = MemberFactory()

    as_manager.post(page_of(member), edited(member, roles=["sales", "moderator"]))

    member.refresh_from_db()
    entry = AuditEntry.objects.get(act="roles.set")
    assert (member.role, member.is_staff) == ("moderator", True)
    assert set(member.groups.values_list("name", flat=True)) == {"sales", "moderator"}
    assert (entry.actor, entry.after) == (manager, {"roles": ["moderator", "sales"]})


def test_roles_come_before_what_is_reported_of_the_member(as_manager):
    html = as_manager.get(page_of(MemberFactory())).content.decode()

    assert html.index('name="roles"') < html.index("admin-panels")


def test_lists_mark_empty_values(as_manager):
    MemberFactory(company=None)

    html = as_manager.get(reverse("admin:members_member_changelist")).content.decode()

    assert '<span class="admin-none">–</span></td>' in html


def test_a_manager_cannot_change_their_own_roles(as_manager, manager):
    response = as_manager.post(page_of(manager), edited(manager, roles=["sales"]), follow=True)

    manager.refresh_from_db()
    assert manager.role == "manager"
    assert "You cannot change your own roles. Ask another manager." in response.content.decode()


def test_a_changed_name_is_audited(as_manager):
    member = MemberFactory(display_name="Old")

    as_manager.post(page_of(member), edited(member, display_name="New"))

    entry = AuditEntry.objects.get(act="member.change")
    assert (entry.before, entry.after) == ({"display_name": "Old"}, {"display_name": "New"})


def test_a_moderator_can_view_but_not_change_a_member(as_moderator):
    member = MemberFactory(role="sales")

    assert as_moderator.get(page_of(member)).status_code == 200
    assert as_moderator.post(page_of(member), edited(member, roles=[])).status_code == 403


def test_a_member_shows_conduct_and_journey(as_manager):
    member = MemberFactory()
    SanctionFactory(member=member, reason="You shouted.")

    html = as_manager.get(page_of(member)).content.decode()

    assert "You shouted." in html
    assert "Journey" in html
    assert f"/admin/moderation/sanction/add/?member={member.pk}" in html


def test_the_list_finds_imported_members(as_manager):
    imported = MemberFactory(unclaimed=True)
    MemberFactory()

    found = as_manager.get(MEMBERS, {"account": "imported"}).context["cl"].result_list

    assert list(found) == [imported]


def test_inviting_goes_to_the_invitation(as_manager):
    imported = MemberFactory(unclaimed=True)

    response = as_manager.get(reverse("admin:members_member_invite", args=[imported.pk]))

    assert response.url == f"/u/{imported.username}/invite/"


def test_inviting_a_claimed_member_is_refused(as_manager):
    assert (
        as_manager.get(reverse("admin:members_member_invite", args=[MemberFactory().pk])).status_code == 403
    )


def test_inviting_is_not_for_moderators(as_moderator):
    imported = MemberFactory(unclaimed=True)

    assert as_moderator.get(reverse("admin:members_member_invite", args=[imported.pk])).status_code == 403


def test_setting_a_members_company_is_recorded(as_manager):
    member, company = MemberFactory(), CompanyFactory()

    for chosen in (company.pk, company.pk, ""):
        as_manager.post(page_of(member), edited(member, company=chosen))

    event = Event.objects.get(name=COMPANY_JOINED)
    assert (event.member, event.object_id, event.company) == (member, company.pk, company)


def test_a_company_gets_a_verified_domain(as_manager):
    company = CompanyFactory()
    data = {"name": company.name, "slug": company.slug, "external_id": "", "new_domain": "@Example.com"}

    as_manager.post(reverse("admin:members_company_change", args=[company.pk]), data)

    company.refresh_from_db()
    assert company.verified_domains == ["example.com"]


def test_a_public_email_domain_is_refused(as_manager):
    company = CompanyFactory()
    data = {"name": company.name, "slug": company.slug, "external_id": "", "new_domain": "gmail.com"}

    response = as_manager.post(reverse("admin:members_company_change", args=[company.pk]), data, follow=True)

    assert (
        "gmail.com is a public email provider, so it cannot belong to a company." in response.content.decode()
    )
    assert Company.objects.get().verified_domains == []


def test_publishing_guidelines_makes_a_new_version(as_manager):
    before = Guidelines.objects.in_force()
    page = reverse("admin:members_guidelines_add")

    shown = as_manager.get(page).content.decode()
    as_manager.post(page, {"source": "Be *kind*."})

    after = Guidelines.objects.in_force()
    assert before is None or before.source[:40] in shown
    assert (after.version, after.source) == ((before.version if before else 0) + 1, "Be *kind*.")
    assert "<em>kind</em>" in after.html


def test_published_guidelines_are_immutable(as_manager):
    as_manager.post(reverse("admin:members_guidelines_add"), {"source": "Be kind."})
    page = reverse("admin:members_guidelines_change", args=[Guidelines.objects.in_force().pk])

    assert as_manager.post(page, {"source": "Be rude."}).status_code == 403


def test_publishing_guidelines_is_not_for_moderators(as_moderator):
    assert as_moderator.post(reverse("admin:members_guidelines_add"), {"source": "x"}).status_code == 403


def test_a_member_can_be_suspended_independently_of_a_post(as_moderator, moderator):
    member = MemberFactory()
    page = f"{reverse('admin:moderation_sanction_add')}?member={member.pk}"
    data = {"person": "suspension", "length": "72", "rule": "spam", "reason": "You advertised."}

    shown = as_moderator.get(page).content.decode()
    as_moderator.post(page, data)

    sanction = Sanction.objects.get()
    assert str(member) in shown
    assert (sanction.member, sanction.kind, sanction.given_by) == (member, "suspension", moderator)


def test_a_sanction_needs_a_kind_and_a_reason(as_moderator):
    page = f"{reverse('admin:moderation_sanction_add')}?member={MemberFactory().pk}"

    response = as_moderator.post(page, {"person": "", "length": "72", "rule": "spam", "reason": ""})

    assert (response.status_code, Sanction.objects.count()) == (422, 0)


@pytest.mark.parametrize("query", ["?member=0", "?member=nobody"])
def test_a_sanction_without_a_member_is_not_found(as_moderator, query):
    assert as_moderator.get(reverse("admin:moderation_sanction_add") + query).status_code == 404


def test_a_sanction_of_oneself_or_a_manager_is_refused(as_moderator, moderator):
    for member in (moderator, MemberFactory(role="manager")):
        page = f"{reverse('admin:moderation_sanction_add')}?member={member.pk}"
        assert as_moderator.get(page).status_code == 403


def test_sanctions_can_be_lifted_from_the_list(as_moderator):
    sanction = SanctionFactory()

    as_moderator.post(SANCTIONS, {"action": "lift_selected", "_selected_action": [sanction.pk], "index": 0})

    sanction.refresh_from_db()
    assert sanction.lifted_at is not None


def test_sanctions_of_staff_are_lifted_by_managers(as_moderator):
    sanction = SanctionFactory(member=MemberFactory(role="support"))

    as_moderator.post(SANCTIONS, {"action": "lift_selected", "_selected_action": [sanction.pk], "index": 0})

    sanction.refresh_from_db()
    assert sanction.lifted_at is None


@pytest.mark.parametrize(("state", "expected"), [("in_force", ["held"]), ("lifted", ["lifted"])])
def test_sanctions_are_listed_by_state(as_moderator, state, expected):
    made = {
        "held": SanctionFactory(),
        "lifted": SanctionFactory(lifted_at=timezone.now()),
        "warning": SanctionFactory(kind="warning"),
    }

    found = as_moderator.get(SANCTIONS, {"state": state}).context["cl"].result_list

    assert list(found) == [made[name] for name in expected]


def test_a_sanction_is_read_only(as_moderator):
    page = reverse("admin:moderation_sanction_change", args=[SanctionFactory().pk])

    assert as_moderator.get(page).status_code == 200
    assert as_moderator.post(page, {"reason": "x"}).status_code == 403


def test_flags_are_listed_with_their_weights(as_moderator):
    FlagFactory(trust=2, weight=3)

    html = as_moderator.get(reverse("admin:moderation_flag_changelist")).content.decode()

    assert "1 + 2 trust = 3" in html


def test_a_flag_links_to_its_review_item(as_moderator):
    flag = flags.add(PostFactory(), actor=MemberFactory(), reason="spam")
    orphan = FlagFactory()

    response = as_moderator.get(reverse("admin:moderation_flag_open_review", args=[flag.pk]))
    nowhere = as_moderator.get(reverse("admin:moderation_flag_open_review", args=[orphan.pk]))

    assert "/admin/moderation/reviewitem/" in response.url
    assert nowhere.url == reverse("admin:moderation_flag_changelist")
    assert Flag.objects.count() == 2


def test_adding_a_sanction_without_a_member_leads_to_the_list_of_members(as_moderator):
    response = as_moderator.get(reverse("admin:moderation_sanction_add"), follow=True)

    assert response.redirect_chain == [(reverse("admin:members_member_changelist"), 302)]
    assert "Open the member you want to warn, silence or suspend." in response.content.decode()
