import pytest
from django import forms
from django.core.exceptions import ValidationError

from community.core.forms import MultiLineField
from community.forum.forms.posts import CommentForm, ReplyForm
from community.members.forms import ProfileForm
from community.moderation.forms.members import AppealForm, FlagForm
from community.prospects.forms import ReplyForm as DeskReplyForm
from journeys.forms import OverrideForm


class Form(forms.Form):
    title = forms.CharField(help_text="One sentence.", max_length=10)
    note = forms.CharField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="I agree")
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self):
        if self.data.get("title") == "clash":
            raise forms.ValidationError("These two do not go together.")
        return self.cleaned_data


def squeezed(form: forms.Form) -> str:
    return " ".join(str(form).split())


def test_a_field_is_associated_with_its_label_and_help():
    html = squeezed(Form())

    assert '<label for="id_title"> Title' in html
    assert 'aria-describedby="id_title_helptext"' in html
    assert '<div class="field-help" id="id_title_helptext">One sentence.</div>' in html


def test_an_optional_field_is_marked():
    assert squeezed(Form()).count("(optional)") == 1


def test_an_invalid_field_shows_the_error_and_keeps_the_value():
    html = squeezed(Form({"title": "much too long <b>", "kind": "a", "agree": "on"}))

    assert 'value="much too long &lt;b&gt;"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert 'id="id_title_error"' in html


def test_a_checkbox_comes_before_its_label():
    html = squeezed(Form())

    assert html.index('id="id_agree"') < html.index('<label for="id_agree">I agree</label>')


def test_radio_buttons_are_a_labelled_group():
    assert "<legend>Kind</legend>" in squeezed(Form())


def test_an_error_of_the_whole_form_is_announced():
    html = squeezed(Form({"title": "clash"}))

    assert 'role="alert"' in html
    assert "These two do not go together." in html


def test_hidden_fields_are_rendered():
    assert 'type="hidden" name="hidden"' in squeezed(Form())


def lines(characters: int) -> str:
    """Return text with this many characters, half of them line breaks, as browsers submit it."""
    return "x\r\n" * (characters // 2)


@pytest.mark.parametrize(
    ("field", "most"),
    [
        (ReplyForm.base_fields["source"], 32_000),
        (CommentForm.base_fields["source"], 1_000),
        (ProfileForm.base_fields["bio"], 1_000),
        (FlagForm.base_fields["text"], 500),
        (AppealForm.base_fields["text"], 4_000),
        (DeskReplyForm.base_fields["source"], 32_000),
        (OverrideForm.base_fields["reason"], 500),
    ],
    ids=["reply", "comment", "bio", "flag", "appeal", "desk", "override"],
)
def test_the_end_of_a_line_counts_once(field, most):
    kept = field.clean(lines(most))

    assert "\r" not in kept
    with pytest.raises(ValidationError):
        field.clean(lines(most) + "xx")


@pytest.mark.parametrize("end", ["\r\n", "\r", "\v", "\f", "\u0085", "\u2028", "\u2029"])
def test_every_kind_of_line_end_is_kept_as_a_line_break(end):
    assert MultiLineField().clean(f"Milan{end}Turin") == "Milan\nTurin"


def test_optional_multiline_text_can_be_empty():
    assert MultiLineField(required=False).clean("") == ""
    assert MultiLineField(required=False).clean(None) == ""
