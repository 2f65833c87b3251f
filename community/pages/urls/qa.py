from django.urls import path

from community.pages.views import answers

app_name = "qa"
urlpatterns = [
    path("posts/<int:post_id>/accept/", answers.answer_accept, name="answer-accept"),
    path("posts/<int:post_id>/unaccept/", answers.answer_unaccept, name="answer-unaccept"),
    path("posts/<int:post_id>/official/", answers.answer_official, name="answer-official"),
    path("posts/<int:post_id>/unofficial/", answers.answer_unofficial, name="answer-unofficial"),
]
