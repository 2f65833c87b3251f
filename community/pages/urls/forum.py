from django.urls import path, register_converter
from django.urls.converters import StringConverter

from community.pages import feeds
from community.pages.views import composing, history, lists, moderating, posts, reactions, topics


class TagConverter(StringConverter):
    """Tags may be written in any alphabet."""

    regex = r"[-\w]+"


class TitleConverter(StringConverter):
    """The words of a title in any script, with vowel signs; other slugs redirect to the right one."""


register_converter(TagConverter, "tag")
register_converter(TitleConverter, "title")

app_name = "forum"
urlpatterns = [
    path("t/<int:topic_id>/", topics.topic_short, name="topic-short"),
    path("t/<int:topic_id>/<title:slug>/", topics.topic_detail, name="topic-detail"),
    path("latest/", lists.latest, name="latest"),
    path("hot/", lists.hot, name="hot"),
    path("top/", lists.top, name="top"),
    path("unanswered/", lists.unanswered, name="unanswered"),
    path("c/<slug:slug>/", lists.category, name="category"),
    path("c/<slug:slug>/feed.xml", feeds.category_feed, name="category-feed"),
    path("tags/", lists.tags, name="tags"),
    path("tags/<tag:slug>/", lists.tag, name="tag"),
    path("tags/<tag:slug>/feed.xml", feeds.tag_feed, name="tag-feed"),
    path("new/", composing.topic_create, name="topic-create"),
    path("new/discard/", composing.draft_discard, name="draft-discard"),
    path("new/preview/", composing.preview, name="preview"),
    path("new/similar/", composing.similar_topics, name="similar-topics"),
    path("new/mentions/", composing.mention_suggestions, name="mention-suggestions"),
    path("p/<int:post_id>/", topics.post_permalink, name="post-permalink"),
    path("topics/<int:topic_id>/unread/", topics.topic_unread, name="topic-unread"),
    path("topics/<int:topic_id>/similar/", topics.topic_similar, name="topic-similar"),
    path("topics/<int:topic_id>/reply/", composing.post_create, name="post-create"),
    path("topics/<int:topic_id>/pin/", moderating.topic_pin, name="topic-pin"),
    path("topics/<int:topic_id>/unpin/", moderating.topic_unpin, name="topic-unpin"),
    path("topics/<int:topic_id>/close/", moderating.topic_close, name="topic-close"),
    path("topics/<int:topic_id>/reopen/", moderating.topic_reopen, name="topic-reopen"),
    path("topics/<int:topic_id>/move/", moderating.topic_move, name="topic-move"),
    path("topics/<int:topic_id>/merge/", moderating.topic_merge, name="topic-merge"),
    path("topics/<int:topic_id>/split/", moderating.topic_split, name="topic-split"),
    path("posts/react/", reactions.post_react, name="post-react"),
    path("posts/<int:post_id>/", posts.post_show, name="post-show"),
    path("posts/<int:post_id>/menu/", posts.post_menu, name="post-menu"),
    path("posts/<int:post_id>/edit/", posts.post_edit, name="post-edit"),
    path("posts/<int:post_id>/history/", history.post_history, name="post-history"),
    path("posts/<int:post_id>/versions/<int:number>/hide/", history.revision_hide, name="revision-hide"),
    path("posts/<int:post_id>/versions/<int:number>/show/", history.revision_show, name="revision-show"),
    path("posts/<int:post_id>/delete/", posts.post_delete, name="post-delete"),
    path("posts/<int:post_id>/restore/", posts.post_restore, name="post-restore"),
    path("posts/<int:post_id>/picture/", posts.post_picture, name="post-picture"),
    path("posts/<int:post_id>/comment/", composing.comment_create, name="comment-create"),
]
