from django.urls import URLPattern, URLResolver, path

from microloan.accounts.views import entry

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", entry.log_in, name="login"),
    path("login/demo/", entry.demo_login, name="demo_login"),
    path("logout/", entry.log_out, name="logout"),
    path("password/", entry.password_change, name="password_change"),
    path("session/extend/", entry.extend_session, name="extend_session"),
    path("profile/", entry.profile, name="profile"),
]
