"""Forms for topics and posts. Text is kept exactly as typed, and invalid forms keep what was entered."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from community.core.forms import (
    MultiLineField,
    TextField,
    TitleField,
    validate_rendered,
    validate_title_length,
)
from community.core.markdown import MAX_IMAGES, render
from community.core.text import isolated, missing_characters
from community.forum import rules
from community.forum.differences import Piece, collapse_unchanged, word_diff
from community.forum.models import Category, Post, Topic
from community.forum.services import rendering, tags

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from community.forum.models.categories import Reader

# Minimum and maximum length in characters; some scripts need fewer.
TITLE_LENGTH = (15, 255)
QUESTION_TITLE_MIN = 10
BODY_LENGTH = (10, 32_000)
COMMENT_LENGTH = (5, 1_000)


class SourceField(MultiLineField):
    """A Markdown field that keeps the text exactly as typed."""

    def __init__(self, *, limits: tuple[int, int], rows: int = 8, **kwargs: Any) -> None:
        super().__init__(strip=False, max_length=limits[1], **kwargs)
        self.shortest, self.limit = limits
        self.widget.attrs |= {"rows": rows, "dir": "auto"}
        # Browsers truncate silently at maxlength; the counter and the server show an error instead.
        self.widget.attrs.pop("maxlength", None)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if missing := missing_characters(text, least=self.shortest):
            raise forms.ValidationError(
                ngettext("Add at least %(n)d more character.", "Add at least %(n)d more characters.", missing)
                % {"n": missing}
            )
        rendered = render(text)
        validate_rendered(rendered)
        if rendered.images > MAX_IMAGES:
            raise forms.ValidationError(
                gettext("A post can have up to %(limit)d images. This one has %(count)d.")
                % {"limit": MAX_IMAGES, "count": rendered.images}
            )
        return text


class TagsField(forms.CharField):
    """Tag names separated by commas."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=255, **kwargs)

    def clean(self, value: Any) -> Any:
        names = list(dict.fromkeys(filter(None, map(tags.normalize, str(super().clean(value)).split(",")))))
        if len(names) > tags.MAX_TAGS:
            raise forms.ValidationError(gettext("Use at most %(n)d tags.") % {"n": tags.MAX_TAGS})
        return names


class TopicForm(forms.Form):
    """Form for a new topic and its opening post."""

    category = forms.ModelChoiceField(Category.objects.none(), label=_("Category"), empty_label=_("Choose…"))
    kind = forms.ChoiceField(label=_("Type"), choices=Topic.Kind.choices, widget=forms.RadioSelect)
    title = TitleField(label=_("Title"), max_length=TITLE_LENGTH[1])
    source = SourceField(label=_("Your post"), limits=BODY_LENGTH, rows=12)
    tags = TagsField(label=_("Tags"), help_text=_("Up to five, separated by commas."))

    def __init__(self, *args: Any, author: Reader, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.author = author
        categories = Category.objects.creatable_by(author).select_related("parent")
        self.fields["category"].queryset = categories  # type: ignore[attr-defined]
        for name in ("title", "tags"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "dir": "auto"}

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        category, kind, title = data.get("category"), data.get("kind"), data.get("title", "")
        if category and kind and kind not in rules.topic_kinds(self.author, category):
            allowed = ", ".join(str(k.label).lower() for k in rules.topic_kinds(self.author, category))
            self.add_error(
                "kind",
                gettext("%(where)s only accepts these types: %(kinds)s.")
                % {"where": isolated(category.name), "kinds": allowed},
            )
        shortest = QUESTION_TITLE_MIN if kind == Topic.Kind.QUESTION else TITLE_LENGTH[0]
        if title:
            try:
                validate_title_length(title, shortest)
            except forms.ValidationError as error:
                self.add_error("title", error)
        return data


def _with_parent(category: Category) -> str:
    name = isolated(category.name)
    return f"{isolated(category.parent.name)} › {name}" if category.parent else name


class VisitorTopicForm(TopicForm):
    """The same for visitors, who sign up or log in before it is posted; the category decides the type if need be."""

    def __init__(self, *args: Any, visitor: AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, author=visitor, **kwargs)
        where: Any = self.fields["category"]
        where.queryset = Category.objects.open_to_new_members().select_related("parent")
        where.label_from_instance = _with_parent
        self.fields["kind"].required = False
        self.fields["kind"].widget = forms.HiddenInput()
        del self.fields["tags"]

    def clean_kind(self) -> str:
        category, kind = self.cleaned_data.get("category"), self.cleaned_data["kind"]
        kinds = rules.topic_kinds(self.author, category) if category else []
        return str(kind if kind in kinds or not kinds else kinds[0])


class ReplyForm(forms.Form):
    """Form for a reply to a topic; on their own question, the asker chooses between a comment and an answer."""

    FOLLOW_UPS = [
        (Post.Kind.COMMENT, _("Comment on my question")),
        (Post.Kind.ANSWER, _("Answer my own question")),
    ]

    source = SourceField(label=_("Your reply"), limits=BODY_LENGTH, rows=6)
    kind = forms.ChoiceField(
        label=_("Type"),
        choices=FOLLOW_UPS,
        required=False,
        initial=Post.Kind.COMMENT,
        widget=forms.RadioSelect,
    )
    parent = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_asker: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_asker:
            del self.fields["kind"]

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Post.Kind.COMMENT

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        longest = COMMENT_LENGTH[1]
        if data.get("kind") == Post.Kind.COMMENT and len(data.get("source", "")) > longest:
            self.add_error(
                "source",
                gettext("A comment can have up to %(n)d characters. Add longer details to your question.")
                % {"n": longest},
            )
        return data


@cache
def blank_reply_form(*, is_asker: bool) -> ReplyForm:
    """Return the form below a topic, before anything is typed: nothing changes it, so one does for all pages."""
    return ReplyForm(is_asker=is_asker)


class CommentForm(forms.Form):
    source = SourceField(label=_("Your comment"), limits=COMMENT_LENGTH, rows=2)


class EditForm(forms.Form):
    """Form for editing a post; for an opening post, also the topic's title and tags."""

    title = TitleField(label=_("Title"), max_length=TITLE_LENGTH[1], shortest=QUESTION_TITLE_MIN)
    source = SourceField(label=_("Text"), limits=BODY_LENGTH, rows=10)
    tags = TagsField(label=_("Tags"), help_text=_("Up to five, separated by commas."))
    reason = TextField(
        label=_("Reason for the edit"),
        required=False,
        max_length=300,
        help_text=_("Shown in the post history."),
    )
    # The version being edited: the number of edits when the form was opened.
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, post: Post, **kwargs: Any) -> None:
        self.conflict: dict[str, list[Piece]] = {}
        topic = post.topic
        kwargs.setdefault("initial", {"source": rendering.editable_source(post)})
        kwargs["initial"] |= {"version": post.revision_count}
        if post.is_opening:
            tags = ", ".join(tag.name for tag in topic.tags.all())
            kwargs["initial"] |= {"title": topic.title, "tags": tags}
        super().__init__(*args, **kwargs)
        if post.is_comment:
            self.fields["source"] = SourceField(label=_("Text"), limits=COMMENT_LENGTH, rows=3)
        if not post.is_opening:
            del self.fields["title"], self.fields["tags"]

    def rebase(self, post: Post) -> bool:
        """Rebase this edit on the post's newest version; return whether it would change anything.

        If it would, the form gets an error, and `conflict` holds the changes.
        """
        entered = self.cleaned_data | {"tags": ", ".join(sorted(self.cleaned_data.get("tags", [])))}
        for name, theirs in EditForm(post=post).initial.items():
            if name != "version" and theirs != (mine := rendering.normalize(entered[name])):
                self.conflict[str(self.fields[name].label)] = collapse_unchanged(word_diff(theirs, mine))
        if self.conflict:
            self.data = {**self.data.dict(), "version": str(post.revision_count)}  # type: ignore[attr-defined]
            name = isolated(str(post.edited_by or gettext("A former member")))
            self.add_error(
                None,
                gettext(
                    "%(name)s edited this post while you were writing. "
                    "Compare the two versions, then save yours or keep theirs."
                )
                % {"name": name},
            )
        return bool(self.conflict)
