from django.urls import URLPattern, URLResolver, path

from microloan.accounts.views import administration, audit, entry, operations, specialists

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", entry.log_in, name="login"),
    path("login/demo/", entry.demo_login, name="demo_login"),
    path("logout/", entry.log_out, name="logout"),
    path("password/", entry.password_change, name="password_change"),
    path("session/extend/", entry.extend_session, name="extend_session"),
    path("profile/", entry.profile, name="profile"),
    path("users/", administration.users, name="users"),
    path("users/new/", administration.user_new, name="user_new"),
    path("users/<int:pk>/", administration.user, name="user"),
    path("users/<int:pk>/close/", administration.user_close, name="user_close"),
    path("users/<int:pk>/open/", administration.user_open, name="user_open"),
    path("users/<int:pk>/password/", administration.user_password, name="user_password"),
    path("centres/", administration.centres, name="centres"),
    path("centres/new/", administration.centre_new, name="centre_new"),
    path("centres/<int:pk>/", administration.centre, name="centre"),
    path("specialists/", specialists.specialists, name="specialists"),
    path("specialists/<int:pk>/", specialists.specialist, name="specialist"),
    path("specialists/<int:pk>/meetings/<int:meeting_pk>/remove/", specialists.meeting_remove, name="meeting_remove"),
    path("operations/", operations.operations, name="operations"),
    path("operations/<slug:name>/run/", operations.operations_run, name="operations_run"),
    path("access-log/", audit.access_log, name="access_log"),
    path("access-log/find/", audit.find_case, name="access_log_find"),
    path("access-log/cases/<str:number>/", audit.case, name="access_log_case"),
    path("access-log/cases/<str:number>/extract.csv", audit.extract, name="access_log_extract"),
    path("access-log/cases/<str:number>/changes/", audit.changes, name="changes"),
]
