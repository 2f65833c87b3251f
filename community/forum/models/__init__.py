"""The content model: categories contain topics, and topics contain posts."""

from .activity import StoredActivity
from .categories import Category
from .posts import Like, Post, Revision
from .read_states import ReadState
from .topics import Tag, Topic

__all__ = ["Category", "Like", "Post", "ReadState", "Revision", "StoredActivity", "Tag", "Topic"]
