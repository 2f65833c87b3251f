"""Everything that changes a member, a company or the guidelines."""

from .accounts import free_username, register
from .companies import match_company, verify_domain
from .guidelines import accept_guidelines, publish_guidelines
from .invitations import claim, invitation_of, invite, send_invitation
from .profiles import PROFILE_FIELDS, percent_complete, save_profile, set_avatar
from .roles import set_roles

__all__ = [
    "PROFILE_FIELDS",
    "accept_guidelines",
    "claim",
    "free_username",
    "invitation_of",
    "invite",
    "match_company",
    "percent_complete",
    "publish_guidelines",
    "register",
    "save_profile",
    "send_invitation",
    "set_avatar",
    "set_roles",
    "verify_domain",
]
