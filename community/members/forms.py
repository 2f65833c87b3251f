from django import forms


class SignupForm(forms.Form):
    """What allauth's sign-up asks in addition."""

    def signup(self, request: object, user: object) -> None: ...
