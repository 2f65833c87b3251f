from .arranging import MergeForm, MoveForm, SplitForm
from .writing import CommentForm, EditForm, ReplyForm, TopicForm

__all__ = ["CommentForm", "EditForm", "MergeForm", "MoveForm", "ReplyForm", "SplitForm", "TopicForm"]
