from django.urls import path

from community.members import views

app_name = "members"
urlpatterns = [
    path("guidelines/", views.guidelines, name="guidelines"),
    path("guidelines/accept/", views.guidelines_accept, name="guidelines-accept"),
    path("me/settings/", views.profile_edit, name="profile-edit"),
    # These override allauth's views and keep its URL names.
    path("accounts/signup/", views.SignupView.as_view()),
    path("accounts/login/", views.LoginView.as_view()),
    path("accounts/2fa/authenticate/", views.AuthenticateView.as_view()),
    path("accounts/password/reset/", views.PasswordResetView.as_view()),
    path("accounts/confirm-email/<str:key>/", views.ConfirmEmailView.as_view(), name="email-confirm"),
    path("accounts/session/", views.session, name="session"),
    path("accounts/back/", views.back, name="back"),
    path("me/unsent/", views.unsent_form, name="unsent"),
    path("accounts/username/", views.username_check, name="username-check"),
    path("u/<str:username>/invite/", views.invitation_send, name="invitation-send"),
    path("invitation/<str:token>/", views.invitation_accept, name="invitation-accept"),
]
