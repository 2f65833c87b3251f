"""The catalogue's events that external systems may send. Activity on this site is never among them."""

from collections.abc import Collection

from community.events import catalogue

COMMERCIAL = frozenset(
    {
        catalogue.PURCHASE_COMPLETED,
        catalogue.PURCHASE_REFUNDED,
        catalogue.PAYMENT_FAILED,
        catalogue.SUBSCRIPTION_STARTED,
        catalogue.SUBSCRIPTION_RENEWED,
        catalogue.SUBSCRIPTION_UPGRADED,
        catalogue.SUBSCRIPTION_DOWNGRADED,
        catalogue.SUBSCRIPTION_CANCELLED,
        catalogue.SUBSCRIPTION_LAPSED,
    }
)
INBOUND = COMMERCIAL | {
    catalogue.VISIT_DAY,
    catalogue.PAGE_VIEWED,
    catalogue.CONTENT_VIEWED,
    catalogue.PRICING_VIEWED,
    catalogue.COMPARISON_VIEWED,
    catalogue.REVIEW_READ,
    catalogue.NEWSLETTER_SUBSCRIBED,
    catalogue.SHORTLIST_CREATED,
    catalogue.SHORTLIST_SHARED,
    catalogue.TEAMMATE_INVITED,
    catalogue.DEMO_REQUESTED,
    catalogue.TRIAL_STARTED,
    catalogue.CALL_LOGGED,
    catalogue.MEETING_HELD,
    catalogue.SOCIAL_PINGED,
    catalogue.EVENT_ATTENDED,
    catalogue.WEBINAR_ATTENDED,
    catalogue.OPPORTUNITY_OPENED,
    catalogue.OPPORTUNITY_LOST,
    catalogue.ONBOARDING_STEP_DONE,
    catalogue.ONBOARDING_COMPLETED,
    catalogue.PRODUCT_ACTIVATED,
    catalogue.FEATURE_ADOPTED,
    catalogue.TICKET_OPENED,
    catalogue.TICKET_CLOSED,
    catalogue.SURVEY_ANSWERED,
    catalogue.NPS_ANSWERED,
    catalogue.IDEA_SHIPPED,
    catalogue.MENTEE_HELPED,
    catalogue.ARTICLE_PUBLISHED,
    catalogue.STORY_SHARED,
    catalogue.TALK_GIVEN,
    catalogue.REFERRAL_LINK_SHARED,
    catalogue.REFERRAL_CLICKED,
    catalogue.REFERRAL_REGISTERED,
    catalogue.REFERRAL_QUALIFIED,
    catalogue.REFERRAL_PURCHASED,
    catalogue.REVIEW_VERIFIED,
    catalogue.REFERENCE_COMPLETED,
    catalogue.CASE_STUDY_PUBLISHED,
    catalogue.TESTIMONIAL_APPROVED,
    catalogue.BETA_PARTICIPATED,
    catalogue.ADVISORY_ATTENDED,
}


def is_inbound(name: str, custom: Collection[str]) -> bool:
    """Return whether other systems may send this event; `custom` are the names of custom events."""
    return name in INBOUND or name in custom
