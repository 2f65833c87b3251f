from django.urls import path

from . import views

app_name = "qa"
urlpatterns = [
    path("posts/<int:post_id>/vote/", views.post_vote, name="post-vote"),
    path("posts/<int:post_id>/accept/", views.answer_accept, name="answer-accept"),
    path("posts/<int:post_id>/unaccept/", views.answer_unaccept, name="answer-unaccept"),
    path("posts/<int:post_id>/official/", views.answer_official, name="answer-official"),
    path("posts/<int:post_id>/unofficial/", views.answer_unofficial, name="answer-unofficial"),
]
