from django.urls import path

from . import views

app_name = "moderation"

urlpatterns = [
    path("p/<int:post_id>/flag/", views.flag_create, name="flag-create"),
    path("me/flags/<int:pk>/withdraw/", views.flag_withdraw, name="flag-withdraw"),
    path("me/decisions/", views.decision_list, name="decision-list"),
    path("me/decisions/<int:pk>/", views.decision_detail, name="decision-detail"),
    path("p/<int:post_id>/appeal/", views.post_appeal, name="post-appeal"),
    path("suspended/<str:token>/", views.suspended, name="suspended"),
]
