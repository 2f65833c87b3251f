from django.urls import path

from . import views

app_name = "notifications"

urlpatterns = [
    path("me/notifications/", views.notification_list, name="notification-list"),
    path("me/notifications/read/", views.notifications_read, name="notifications-read"),
    path("me/notifications/<int:pk>/", views.notification_open, name="notification-open"),
]
