"""The numeric types in a dump and their meaning (meta.stackexchange.com/q/2677)."""

QUESTION, ANSWER, TAG_EXCERPT, TAG_WIKI = 1, 2, 4, 5
ACCEPTED, UP, DOWN = 1, 2, 3

TITLE_HISTORY, BODY_HISTORY, TAGS_HISTORY = (1, 4, 7), (2, 5, 8), (3, 6, 9)
CLOSED_HISTORY = 10

VOTES_NOT_KEPT = {
    4: "offensive flag",
    5: "favourite",
    6: "vote to close",
    7: "vote to reopen",
    8: "bounty",
    9: "bounty",
    10: "deletion",
    11: "undeletion",
    12: "spam flag",
    15: "moderator review",
    16: "approval of an edit",
}
HISTORY_NOT_KEPT = {
    11: "reopened",
    12: "deleted",
    13: "undeleted",
    14: "locked",
    15: "unlocked",
    16: "community owned",
    17: "migrated",
    18: "merged",
    19: "protected",
    20: "unprotected",
    22: "unmerged",
    24: "suggested edit applied",
    25: "tweeted",
    31: "moved to chat",
    33: "notice added",
    34: "notice removed",
    35: "migrated away",
    36: "migrated here",
    37: "merge source",
    38: "merge destination",
    50: "bumped",
    52: "hot question",
    53: "no longer a hot question",
}
CLOSE_REASONS = {
    "1": "Duplicate",
    "2": "Off-topic",
    "3": "Not constructive",
    "4": "Not a real question",
    "7": "Too localised",
    "10": "General reference",
    "20": "Noise or pointless",
    "101": "Duplicate",
    "102": "Off-topic",
    "103": "Needs details or clarity",
    "104": "Needs more focus",
    "105": "Opinion-based",
}
LEVELS = {1: "gold", 2: "silver", 3: "bronze"}
