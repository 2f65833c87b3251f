"""Everything that changes the forum. Each service locks, may run twice, and records its events."""
