from django.urls import path

from cases.views import detail

app_name = "cases"
urlpatterns = [
    path("cases/<str:number>/", detail.detail, name="detail"),
]
