from allauth.account.models import EmailAddress

from community.api.models import ApiToken
from community.api.services import tokens
from community.members.models import Member

BOTH = (ApiToken.Scope.EVENTS, ApiToken.Scope.PURCHASES)


def make_token(*scopes: str, source: str = "crm", **fields) -> tuple[ApiToken, str]:
    """Return a token and its secret; by default with all scopes."""
    return tokens.issue(name=source.upper(), source=source, scopes=scopes or BOTH, actor=None, **fields)


def confirm_address(member: Member, email: str = "") -> EmailAddress:
    return EmailAddress.objects.create(user=member, email=email or member.email, verified=True, primary=True)
