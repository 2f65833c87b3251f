"""Form validation at each boundary: text is kept as typed, and errors say what to do."""

import pytest

from community.core.markdown import MAX_IMAGES
from community.forum.forms.posts import (
    BODY_LENGTH,
    COMMENT_LENGTH,
    CommentForm,
    EditForm,
    ReplyForm,
    TopicForm,
)
from community.forum.forms.topic_actions import MergeForm, MoveForm, SplitForm
from community.forum.models import Post
from tests.factories.forum import AnswerFactory, CategoryFactory, PostFactory, TagFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def errors(form) -> dict[str, list[str]]:
    return {name: list(found) for name, found in form.errors.items()}


@pytest.fixture
def author():
    return MemberFactory()


@pytest.fixture
def typed(author):
    """Return a valid topic form with these changes."""
    category = CategoryFactory()

    def fill(**changes):
        fine = {
            "category": category.pk,
            "kind": "discussion",
            "title": "Which grinder do you use?",
            "source": "Mine is loud.",
            "tags": "",
        }
        return TopicForm({**fine, **changes}, author=author)

    return fill


@pytest.mark.parametrize(("form", "limits"), [(ReplyForm, BODY_LENGTH), (CommentForm, COMMENT_LENGTH)])
def test_text_at_the_length_limits_is_valid(form, limits):
    least, most = limits

    assert form({"source": "x" * least}).is_valid()
    assert form({"source": "x" * most}).is_valid()
    assert not form({"source": "x" * (least - 1)}).is_valid()
    assert not form({"source": "x" * (most + 1)}).is_valid()


@pytest.mark.parametrize("image", ["![cup](https://a.example/1.png)", "<IMG src='https://a.example/1.png'>"])
def test_a_post_has_a_limited_number_of_images(image):
    fine, too_many = (ReplyForm({"source": f"{image} " * n}) for n in (MAX_IMAGES, MAX_IMAGES + 1))

    assert errors(fine) == {}
    assert errors(too_many) == {"source": ["A post can have up to 20 images. This one has 21."]}


def test_images_in_code_are_not_counted():
    assert errors(ReplyForm({"source": "`![cup](x.png)` " * (MAX_IMAGES + 1)})) == {}


def test_too_short_text_says_how_many_characters_are_missing():
    assert errors(ReplyForm({"source": "  Yes.  "})) == {"source": ["Add at least 6 more characters."]}


@pytest.mark.parametrize(
    ("kind", "title", "shortest"),
    [
        ("discussion", "咖啡豆推荐", None),
        ("discussion", "咖啡豆推", 5),
        ("discussion", "커피 원두 추천 글", None),
        ("discussion", "커피 원두", 8),
        ("discussion", "おすすめのコーヒー", None),
        ("question", "E61 漏水", None),
        ("question", "漏水", 4),
        ("question", "กาแฟรั่ว", 10),
    ],
)
def test_titles_in_scripts_of_syllables_may_be_shorter(typed, kind, title, shortest):
    wanted = f"Use at least {shortest} characters so that others can find your topic."

    assert errors(typed(kind=kind, title=title)) == ({"title": [wanted]} if shortest else {})


@pytest.mark.parametrize(
    ("source", "missing"), [("我也一样", 0), ("谢谢", 2), ("ありがとう", 0), ("はい", 3)]
)
def test_text_in_scripts_of_syllables_may_be_shorter(source, missing):
    wanted = {"source": [f"Add at least {missing} more characters."]} if missing else {}

    assert errors(ReplyForm({"source": source})) == wanted


@pytest.mark.parametrize("source", ["", "   ", "\n\n"])
def test_empty_text_is_refused(source):
    assert "source" in ReplyForm({"source": source}).errors


@pytest.mark.parametrize("source", ["    code first\n", "Ends with two spaces  \n", "Ünïcödé 👩🏽‍🚀 words"])
def test_text_is_kept_exactly_as_typed(source):
    form = ReplyForm({"source": source})

    assert form.is_valid()
    assert form.cleaned_data["source"] == source


def test_crlf_counts_as_one_character():
    form = ReplyForm({"source": "One line.\r\nAnother."})

    assert form.is_valid()
    assert form.cleaned_data["source"] == "One line.\nAnother."


def test_fields_have_no_maxlength():
    assert "maxlength" not in str(ReplyForm()["source"])


@pytest.mark.parametrize("parent", ["abc", "1.5", "9" * 5000])
def test_a_parent_that_is_not_a_number_is_invalid(parent):
    assert "parent" in ReplyForm({"source": "Enough words here.", "parent": parent}).errors


@pytest.mark.parametrize(
    ("kind", "title", "fine"),
    [
        ("discussion", "x" * 15, True),
        ("discussion", "x" * 14, False),
        ("question", "x" * 10, True),
        ("question", "x" * 9, False),
        ("discussion", "x" * 255, True),
        ("discussion", "x" * 256, False),
    ],
)
def test_a_title_has_a_minimum_length(typed, kind, title, fine):
    form = typed(kind=kind, title=title)

    assert form.is_valid() is fine
    assert fine or "title" in form.errors


def test_a_title_has_few_marks_on_a_letter(typed):
    form = typed(title="Descaling" + "\u0301" * 200 + " with שָׁ")

    assert form.is_valid()
    assert form.cleaned_data["title"] == "Descaling" + "\u0301" * 6 + " with שָׁ"


def test_a_short_title_shows_the_minimum_length(typed):
    assert errors(typed(kind="question", title="Help")) == {
        "title": ["Use at least 10 characters so that others can find your topic."]
    }


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", []),
        ("milk", ["milk"]),
        (" Milk , FOAM ,milk,", ["milk", "foam"]),
        ("c++, .net, latte art", ["c++", ".net", "latte-art"]),
        ("a,b,c,d,e", ["a", "b", "c", "d", "e"]),
        (",,,", []),
    ],
)
def test_tags_are_normalized(typed, written, kept):
    form = typed(tags=written)

    assert form.is_valid()
    assert form.cleaned_data["tags"] == kept


def test_more_than_five_tags_are_refused(typed):
    assert errors(typed(tags="a,b,c,d,e,f")) == {"tags": ["Use at most 5 tags."]}


def test_an_unaccepted_kind_lists_the_accepted_ones(typed):
    ideas = CategoryFactory(kind="ideas", name="Wishes")

    assert errors(typed(category=ideas.pk)) == {"kind": ["Wishes only accepts these types: idea."]}


@pytest.mark.parametrize("fields", [{"is_archived": True}, {"groups": []}, {"create_by": "groups"}])
def test_categories_without_access_are_not_offered(typed, fields):
    place = CategoryFactory(**fields)

    form = typed(category=place.pk)

    assert "category" in form.errors
    assert place not in form.fields["category"].queryset


def test_all_errors_are_shown_at_once(typed):
    form = typed(category="", title="Hm", source="No", tags="a,b,c,d,e,f")

    assert set(form.errors) == {"category", "title", "source", "tags"}


def test_an_edit_of_an_opening_is_prefilled():
    topic = TopicFactory(title="Which grinder is quiet?", tags=[TagFactory(name="milk")])

    form = EditForm(None, post=topic.posts.get())

    assert (form["title"].value(), form["tags"].value()) == ("Which grinder is quiet?", "milk")
    assert form["source"].value() == topic.posts.get().source


def test_an_edit_of_a_reply_has_no_title():
    assert "title" not in EditForm(None, post=PostFactory()).fields


def test_an_edit_of_a_comment_has_the_comment_limit():
    comment = PostFactory(kind=Post.Kind.COMMENT)

    assert not EditForm({"source": "x" * (COMMENT_LENGTH[1] + 1), "reason": ""}, post=comment).is_valid()


@pytest.mark.parametrize(
    "address", ["{pk}", " {pk} ", "/t/{pk}/any-words/", "https://club.example/t/{pk}/x/", "/t/{pk}"]
)
def test_merging_accepts_a_copied_url(address):
    topic, other = TopicFactory.create_batch(2)

    form = MergeForm(
        {"into": address.format(pk=other.pk)}, actor=MemberFactory(role="moderator"), topic=topic
    )

    assert form.is_valid()
    assert form.cleaned_data["into"] == other


@pytest.mark.parametrize(
    "address", ["", "0", "-1", "abc", "/u/ada/", "9" * 18, "9" * 30, "/t/{own}/x/", "{gone}"]
)
def test_merging_into_an_unknown_topic_is_invalid(address):
    topic, gone = TopicFactory(), TopicFactory(status="deleted")
    written = address.format(own=topic.pk, gone=gone.pk)

    form = MergeForm({"into": written}, actor=MemberFactory(role="moderator"), topic=topic)

    assert "into" in form.errors


def test_moving_offers_all_other_categories():
    topic, elsewhere = TopicFactory(), CategoryFactory()

    offered = MoveForm(actor=MemberFactory(role="moderator"), topic=topic).fields["category"].queryset

    assert elsewhere in offered
    assert topic.category not in offered


def test_splitting_does_not_offer_comments():
    answer = AnswerFactory()
    PostFactory(topic=answer.topic, kind=Post.Kind.COMMENT, parent=answer)
    PostFactory()

    form = SplitForm(actor=MemberFactory(role="moderator"), topic=answer.topic)

    assert list(form.fields["posts"].queryset) == [answer]
    assert (form.initial["category"], form.initial["kind"]) == (answer.topic.category_id, answer.topic.kind)


@pytest.mark.parametrize("missing", ["posts", "title", "category"])
def test_splitting_requires_posts_title_and_category(missing):
    answer = AnswerFactory()
    fine = {
        "posts": [answer.pk],
        "title": "A topic of its own",
        "category": answer.topic.category_id,
        "kind": "question",
    }

    form = SplitForm({**fine, missing: ""}, actor=MemberFactory(role="moderator"), topic=answer.topic)

    assert set(form.errors) == {missing}


def test_line_ends_count_once_like_the_counter():
    most = COMMENT_LENGTH[1]

    assert CommentForm({"source": "x\r\n" * (most // 2)}).is_valid()
    assert not CommentForm({"source": "x\r\n" * (most // 2) + "x"}).is_valid()


INVISIBLE = {
    "zero width": "\u200b" * 16,
    "blank letters": "\u3164\u2800" * 8,
    "comment": "<!-- nothing to see here -->",
    "link without text": "[](https://example.com/)",
    "entities": "&#8203;&nbsp;&zwnj;&#x2060;",
    "definition": "[a]: https://example.com/",
    "tags": "<b></b><i>\u200b</i><br><br>",
    "breaks": "<br>\n\n<br>\n\n<br>",
    "image of our pages": "![](/search/?q=coffee)",
}


@pytest.mark.parametrize("source", INVISIBLE.values(), ids=INVISIBLE)
def test_text_that_shows_nothing_is_refused(source):
    for form in (ReplyForm({"source": source}), CommentForm({"source": source})):
        assert list(form.errors) == ["source"]


@pytest.mark.parametrize(
    "source", ["![](/media/cup.png)", "a &nbsp; word or two", "😀 😀 😀 😀 😀 😀", "$$$$$$$$$$"]
)
def test_text_that_shows_something_is_accepted(source):
    assert ReplyForm({"source": source}).is_valid()


def test_invisible_characters_do_not_make_up_for_missing_ones(typed):
    assert errors(ReplyForm({"source": "ok" + "\u200b" * 20})) == {
        "source": ["Add at least 8 more characters."]
    }
    assert list(typed(title="ok" + "\u200b" * 30).errors) == ["title"]
    assert errors(typed(title="\u200b" * 16)) == {"title": ["This field is required."]}
