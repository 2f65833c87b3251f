"""Import a community from another platform, and undo an import."""
