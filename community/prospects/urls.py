from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "prospects"
urlpatterns: list[URLPattern | URLResolver] = [
    path("prospects/", views.forum_list, name="forum-list"),
    path("prospects/questions/<int:topic_id>/urgent/", views.question_urgent, name="question-urgent"),
    path("desk/", views.desk, name="desk"),
    path("desk/mine/", views.desk, {"name": "mine"}, name="desk-mine"),
    path("desk/others/", views.desk, {"name": "others"}, name="desk-others"),
    path("desk/held-back/", views.desk, {"name": "held_back"}, name="desk-held-back"),
    path("desk/answered/", views.desk, {"name": "answered"}, name="desk-answered"),
    path("desk/team/", views.desk_team, name="desk-team"),
    path("desk/<int:topic_id>/", views.question_detail, name="question-detail"),
    path("desk/<int:topic_id>/evidence/", views.question_evidence, name="question-evidence"),
    path("desk/<int:topic_id>/claim/", views.question_claim, name="question-claim"),
    path("desk/<int:topic_id>/release/", views.question_release, name="question-release"),
    path("desk/<int:topic_id>/settle/", views.question_settle, name="question-settle"),
    path("desk/<int:topic_id>/reply/", views.question_reply, name="question-reply"),
    path("desk/<int:topic_id>/hand-over/", views.question_hand_over, name="question-hand-over"),
]
