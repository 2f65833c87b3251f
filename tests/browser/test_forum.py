"""Reading and writing in the forum, with and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from community.forum.models import Post, Topic
from community.members.models import Member
from community.qa.models import Vote
from tests.factories.forum import AnswerFactory, CategoryFactory, CommentFactory, PostFactory, QuestionFactory
from tests.factories.members import MemberFactory


@pytest.fixture
def answer(transactional_db, django_db_serialized_rollback):
    return AnswerFactory(
        topic__title="Why does it drip?", source="Change the gasket.", html="<p>Change the gasket.</p>"
    )


@pytest.fixture
def reader(answer):
    """A customer, without the limits for new members."""
    return MemberFactory(customer_since="2026-01-01")


def open_topic(page: Page, topic: Topic) -> None:
    page.goto(topic.get_absolute_url())
    expect(page.get_by_role("heading", level=1)).to_have_text(topic.title)


def test_vote_and_undo(any_page, login, answer, reader):
    login(any_page, reader)
    open_topic(any_page, answer.topic)
    votes = any_page.locator(f"#p{answer.pk} .votes")

    votes.get_by_role("button", name="Useful", exact=True).click()
    expect(votes.locator("[aria-pressed=true][name=unvote]")).to_have_count(1)
    given = Vote.objects.filter(post=answer, member=reader, value=1).exists()
    votes.get_by_role("button", name="Useful", exact=True).click()
    expect(votes.locator("[aria-pressed=true], [name=unvote]")).to_have_count(0)

    assert given
    assert not Vote.objects.exists()


def test_like(any_page, login, answer, reader):
    login(any_page, reader)
    open_topic(any_page, answer.topic)

    any_page.locator(f"#p{answer.pk}").get_by_role("button", name="Like").click()

    expect(any_page.locator(f"#p{answer.pk}").get_by_role("button", name="Like, 1 so far")).to_be_visible()


def test_like_shows_at_once_and_goes_back_if_the_server_cannot_be_reached(page, login, answer, reader):
    login(page, reader)
    open_topic(page, answer.topic)
    held: list[Route] = []
    page.route("**/react/", lambda route: held.append(route))
    like = page.locator(f"#p{answer.pk} [aria-label^=Like]")
    votes = page.locator(f"#p{answer.pk} .votes")

    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    votes.get_by_role("button", name="Not useful").click()
    expect(votes.locator("b")).to_contain_text("-1")
    for route in held:
        route.abort()

    expect(like).to_have_attribute("aria-pressed", "false")
    expect(votes.locator("b")).to_contain_text("0")
    expect(votes.locator("[aria-pressed=true]")).to_have_count(0)
    expect(page.get_by_text("Could not reach the server.")).to_be_visible()


def test_card_of_a_person_opens_by_pointer_keyboard_and_tap(page, answer):
    Member.objects.filter(pk=answer.author_id).update(bio_html="<p>I roast.</p>")
    open_topic(page, answer.topic)
    name = page.locator(f"#p{answer.pk} .person-name")
    card = page.get_by_role("region", name=str(answer.author))

    name.hover()
    expect(card.get_by_text("I roast.")).to_be_visible()
    page.mouse.move(0, 0)
    expect(card).to_have_count(0)
    name.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    name.dispatch_event("pointerdown", {"pointerType": "touch"})
    name.dispatch_event("click", {"detail": 1})
    card.get_by_role("link", name="View profile").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(str(answer.author))


def test_a_short_comment_keeps_its_text_and_can_be_posted(any_page, login, answer, reader):
    login(any_page, reader)
    open_topic(any_page, answer.topic)

    any_page.locator(f"#p{answer.pk}").get_by_role("link", name="Comment").click()
    field = any_page.get_by_label("Your comment")
    field.fill("No.")
    any_page.get_by_role("button", name="Post the comment").click()
    expect(any_page.get_by_text("more characters.")).to_be_visible()
    expect(field).to_have_value("No.")
    field.fill("No, that is not it.")
    any_page.get_by_role("button", name="Post the comment").click()

    expect(any_page.locator(f"#p{answer.pk} .comment .prose")).to_have_text("No, that is not it.")


def test_edit_shows_who_changed_what(any_page, login, answer):
    login(any_page, answer.author)
    open_topic(any_page, answer.topic)

    any_page.locator(f"#p{answer.pk}").get_by_role("link", name="Edit", exact=True).click()
    any_page.get_by_label("Text").fill("Change the *valve*.")
    any_page.get_by_label("Reason for the edit").fill("it is the valve")
    any_page.get_by_role("button", name="Save").click()
    expect(any_page.locator(f"#p{answer.pk} .prose em")).to_have_text("valve")
    any_page.locator(f"#p{answer.pk}").get_by_role("link", name="edited").click()

    expect(any_page.locator("ins")).to_have_text("*valve*")
    expect(any_page.get_by_text("“it is the valve”")).to_be_visible()


def test_reply_appears_on_the_page(any_page, login, answer, reader):
    login(any_page, reader)
    open_topic(any_page, answer.topic)

    any_page.get_by_label("Your reply").fill("I would **clean** it first of all.")
    any_page.get_by_role("button", name="Post your answer").click()

    expect(any_page.locator("article.post .prose strong")).to_have_text("clean")
    assert Post.objects.filter(author=reader).count() == 1


def test_delete_and_restore(any_page, login, answer):
    login(any_page, answer.author)
    open_topic(any_page, answer.topic)
    post = any_page.locator(f"#p{answer.pk}")

    post.get_by_role("link", name="More actions").click()
    any_page.get_by_role("button", name="Delete").click()
    expect(post.get_by_text("Deleted by the author")).to_be_visible()
    post.get_by_role("button", name="Restore").click()

    expect(post.locator(".prose")).to_have_text("Change the gasket.")


def test_comment_is_edited_in_place(page, login, answer):
    comment = CommentFactory(parent=answer, topic=answer.topic, source="How long?", html="<p>How long?</p>")
    login(page, comment.author)
    open_topic(page, answer.topic)

    page.locator(f"#p{comment.pk}").get_by_role("link", name="Edit").click()
    page.locator(f"#p{comment.pk} textarea").fill("How long does it take?")
    page.get_by_role("button", name="Save").click()

    expect(page.locator(f"#p{comment.pk} .prose")).to_have_text("How long does it take?")


def test_draft_survives_a_reload_and_is_deleted_after_posting(page, login, answer, reader):
    login(page, reader)
    open_topic(page, answer.topic)

    page.get_by_label("Your reply").fill("Half a thought, and then the")
    page.reload()
    expect(page.get_by_label("Your reply")).to_have_value("Half a thought, and then the")
    expect(page.get_by_text("Draft restored.")).to_be_visible()
    page.get_by_label("Your reply").press_sequentially(" other half.")
    page.get_by_role("button", name="Post your answer").click()
    expect(page.get_by_text("Half a thought, and then the other half.")).to_be_visible()
    page.reload()

    expect(page.get_by_label("Your reply")).to_have_value("")


def stored_drafts(page) -> list[str]:
    """The keys without tab numbers."""
    keys = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft'))")
    return [key.split("#")[0] for key in keys]


def test_drafts_belong_to_one_account(page, login, answer, reader):
    mine = f"drafts:{reader.pk}:reply:{answer.topic.pk}"
    login(page, reader)
    open_topic(page, answer.topic)
    page.get_by_label("Your reply").fill("For nobody else")
    assert stored_drafts(page) == [mine]

    # The session ends: the text is still there when the same member comes back, and gone with anyone else.
    page.context.clear_cookies()
    open_topic(page, answer.topic)
    assert stored_drafts(page) == [mine]
    login(page, MemberFactory())
    open_topic(page, answer.topic)
    expect(page.get_by_label("Your reply")).to_have_value("")
    assert stored_drafts(page) == []


def test_drafts_are_deleted_on_log_out(page, login, answer, reader):
    login(page, reader)
    open_topic(page, answer.topic)
    page.get_by_label("Your reply").fill("For nobody else")

    page.get_by_label("Account menu").click()
    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    assert stored_drafts(page) == []


@pytest.mark.parametrize(("age", "value"), [(60, "Typed before"), (7200, "")])
def test_draft_of_a_visitor_is_kept_for_whoever_logs_in_next_in_the_tab(
    page, login, answer, reader, age, value
):
    open_topic(page, answer.topic)
    key = f"drafts::reply:{answer.topic.pk}"
    store = "([key, age]) => sessionStorage.setItem(key, JSON.stringify({at: Date.now() - age * 1000, values: {source: 'Typed before'}}))"
    page.evaluate(store, [key, age])
    page.evaluate("localStorage.setItem('draft:reply:1', '{}')")  # from before drafts belonged to accounts

    login(page, reader)
    open_topic(page, answer.topic)

    expect(page.get_by_label("Your reply")).to_have_value(value)
    assert stored_drafts(page) == ([f"drafts:{reader.pk}:reply:{answer.topic.pk}"] if value else [])


def test_preview_shows_what_is_typed(page, login, answer, reader):
    login(page, reader)
    open_topic(page, answer.topic)

    page.get_by_label("Your reply").press_sequentially("some `code` here")

    expect(page.locator(".preview code")).to_have_text("code")


def test_preview_is_beside_the_text_where_there_is_room_and_limits_show_when_near(
    page, login, answer, reader
):
    login(page, reader)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/new/")
    field, preview = page.get_by_label("Your post"), page.locator(".preview section")
    expect(page.get_by_text("What have you already tried?")).to_be_visible()

    field.fill("some `code` here")
    expect(preview.locator("code")).to_have_text("code")
    text, beside = field.bounding_box(), preview.bounding_box()
    expect(page.get_by_text("What have you already tried?")).to_be_hidden()
    expect(page.locator("[data-counter-for=id_source]")).to_be_empty()
    field.fill("x" * 32_001)

    assert text["x"] + text["width"] < beside["x"]
    assert abs(text["y"] - beside["y"]) < 2
    expect(page.locator("[data-counter-for=id_source]")).to_have_text("32,001 / 32,000")


def test_mention_is_completed(page, login, answer, reader):
    MemberFactory(username="annalena", display_name="Anna Lena")
    login(page, reader)
    open_topic(page, answer.topic)

    page.get_by_label("Your reply").press_sequentially("Ask @annal", delay=80)
    # Each key clears the selection of the menu that is open, until the answer to that key opens the next.
    expect(page.get_by_role("option", name="Anna Lena", selected=True)).to_be_visible()
    page.keyboard.press("Enter")

    expect(page.get_by_label("Your reply")).to_have_value("Ask @annalena ")


def test_suggestions_for_an_earlier_key_do_not_replace_later_ones(page, login, answer, reader):
    MemberFactory(username="annalena", display_name="Anna Lena")
    MemberFactory(username="anders", display_name="Anders Berg")
    login(page, reader)
    open_topic(page, answer.topic)
    held: list[Route] = []
    page.route(re.compile(r"[?&]q=an$"), lambda route: held.append(route))

    page.get_by_label("Your reply").press_sequentially("Ask @anna")
    first = page.get_by_role("option", name="Anna Lena", selected=True)
    expect(first).to_be_visible()
    with page.expect_response(held[0].request.url):
        held[0].continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    expect(page.get_by_role("option")).to_have_count(1)
    expect(first).to_be_visible()


def test_similar_topics_and_kinds_update_while_asking(page, login, answer, reader):
    ideas = CategoryFactory(name="Ideas", kind="ideas")
    QuestionFactory(title="Why does my machine lose pressure?")
    login(page, reader)
    page.goto("/new/")

    page.get_by_label("Category").select_option(str(ideas.pk))
    kinds = page.locator(".kind-choice:visible")
    expect(kinds).to_have_text(["Idea"])
    page.get_by_label("Title").press_sequentially("machine loses pressure")

    expect(page.get_by_role("link", name="Why does my machine lose pressure?")).to_be_visible()


def test_reply_to_one_post_names_it(page, login, reader):
    earlier = PostFactory(author__display_name="Ada Winter")
    login(page, reader)
    open_topic(page, earlier.topic)

    page.locator(f"#p{earlier.pk}").get_by_role("link", name="Reply").click()
    expect(page.get_by_text("In reply to Ada Winter")).to_be_visible()
    page.get_by_label("Your reply").fill("I see it as you do.")
    page.get_by_role("button", name="Post your reply").click()
    expect(page.get_by_text("I see it as you do.")).to_be_visible()

    assert Post.objects.get(source="I see it as you do.").parent == earlier


def test_the_link_to_a_post_is_copied(page, login, answer):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    login(page, answer.author)
    open_topic(page, answer.topic)
    post = page.locator(f"#p{answer.pk}")

    post.get_by_role("link", name="More actions").click()
    post.get_by_role("link", name="Link to this post").click()

    expect(page.get_by_role("status").get_by_text("Link copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/p/{answer.pk}/")


def expect_focus(page: Page, element_id: str) -> None:
    page.wait_for_function("id => document.activeElement.id === id", arg=element_id)


def test_focus_moves_to_what_changed_and_it_is_announced(page, login, answer):
    """One walk through actions done in place; each step would otherwise leave the focus on <body>."""
    asker = answer.topic.author
    Member.objects.update(customer_since="2026-01-01")
    other = AnswerFactory(topic=answer.topic, author=asker, source="It was the valve.")
    login(page, asker)
    open_topic(page, answer.topic)
    said = page.locator(".toasts")
    post, own = page.locator(f"#p{answer.pk}"), page.locator(f"#p{other.pk}")

    post.get_by_role("button", name="Like").press("Enter")
    expect(said).to_have_text("1 like")
    expect(post.get_by_role("button", name="Like, 1 so far")).to_be_focused()
    post.get_by_role("button", name="Useful", exact=True).press("Enter")
    expect(said).to_have_text("1 vote")
    expect(post.get_by_role("button", name="Useful", exact=True)).to_be_focused()
    post.get_by_role("button", name="Mark as the answer").press("Enter")
    expect(said).to_have_text("The answer is accepted.")
    expect_focus(page, f"p{answer.pk}")
    expect(page.locator(".topic-head .solved-by")).to_be_visible()
    post.get_by_role("button", name="Unmark as the answer").press("Enter")
    expect(said).to_have_text("The answer is no longer accepted.")
    expect(page.locator(".topic-head .solved-by")).to_have_count(0)
    expect_focus(page, f"p{answer.pk}")
    own.get_by_role("link", name="Edit", exact=True).press("Enter")
    expect_focus(page, f"id_e{other.pk}_source")
    page.get_by_label("Text").fill("No.")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("more characters.")).to_be_visible()
    expect_focus(page, f"id_e{other.pk}_source")
    page.get_by_label("Text").fill("It was the other valve.")
    page.get_by_role("button", name="Save").press("Enter")
    expect(said).to_have_text("Your changes are saved.")
    expect_focus(page, f"p{other.pk}")
    own.get_by_role("link", name="More actions").press("Enter")
    own.get_by_role("button", name="Delete").press("Enter")
    expect(said).to_have_text("The post was deleted.")
    expect_focus(page, f"p{other.pk}")
    page.get_by_label("Your reply").fill("Thank you, it works again.")
    page.get_by_role("button", name="Post", exact=True).press("Enter")
    expect(said).to_have_text("Your post is published.")
    expect_focus(page, f"p{Post.objects.get(kind='comment').pk}")


def test_a_reply_sent_twice_is_shown_once(page, login, answer, reader):
    """By a double click, and again from a form that was not cleared because the response was lost."""
    login(page, reader)
    open_topic(page, answer.topic)
    lost: list[Route] = []

    def lose_the_first_response(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route)
            route.fetch()
            route.abort()

    page.route("**/reply/", lose_the_first_response)
    page.get_by_label("Your reply").fill("I would clean it first of all.")
    page.get_by_role("button", name="Post your answer").dblclick()
    expect(page.get_by_text("Could not reach the server.")).to_be_visible()
    page.get_by_role("button", name="Post your answer").dblclick()
    expect(page.get_by_label("Your reply")).to_have_value("")
    page.get_by_label("Your reply").fill("I would clean it first of all.")
    page.get_by_role("button", name="Post your answer").dblclick()
    expect(page.get_by_label("Your reply")).to_have_value("")

    expect(page.get_by_text("I would clean it first of all.")).to_have_count(1)
    assert Post.objects.filter(author=reader).count() == 1


def test_two_tabs_keep_their_own_drafts(page, login, answer, reader):
    login(page, reader)
    open_topic(page, answer.topic)
    second = page.context.new_page()
    open_topic(second, answer.topic)
    first_field, second_field = page.get_by_label("Your reply"), second.get_by_label("Your reply")

    first_field.fill("Written in the first tab.")
    second_field.fill("Written in the second tab.")
    page.reload()
    second.reload()
    expect(first_field).to_have_value("Written in the first tab.")
    expect(second_field).to_have_value("Written in the second tab.")
    page.get_by_role("button", name="Post your answer").click()
    expect(page.locator(".post", has_text="Written in the first tab.")).to_be_visible()
    second.close()
    page.reload()

    expect(first_field).to_have_value("Written in the second tab.")


def test_the_draft_of_another_tab_can_be_shown_without_losing_either(page, login, answer, reader):
    login(page, reader)
    open_topic(page, answer.topic)
    page.get_by_label("Your reply").fill("Written in the first tab.")
    second = page.context.new_page()
    open_topic(second, answer.topic)
    field = second.get_by_label("Your reply")
    expect(field).to_have_value("Written in the first tab.")

    field.fill("Written in the second tab.")
    second.reload()
    second.get_by_role("button", name="Show another draft").click()
    expect(field).to_have_value("Written in the first tab.")
    second.get_by_role("button", name="Show another draft").click()

    expect(field).to_have_value("Written in the second tab.")
