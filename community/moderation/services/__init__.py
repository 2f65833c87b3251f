"""Everything that changes the state of moderation."""
