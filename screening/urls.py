from django.urls import path

from screening import budget_views, views

app_name = "screening"
urlpatterns = [
    path("cases/<str:number>/screenings/", views.overview, name="list"),
    path("cases/<str:number>/screenings/open/", views.open_round, name="open"),
    path("cases/<str:number>/screenings/<int:pk>/", views.detail, name="detail"),
    path("cases/<str:number>/screenings/<int:pk>/edit/", views.edit, name="edit"),
    path("cases/<str:number>/screenings/<int:pk>/check/", views.check, name="check"),
    path("cases/<str:number>/screenings/<int:pk>/take-back/", views.take_back, name="take_back"),
    path("cases/<str:number>/screenings/<int:pk>/decide/", views.decide, name="decide"),
    path("cases/<str:number>/budget/", budget_views.budget, name="budget"),
    path("cases/<str:number>/budget/edit/", budget_views.budget_edit, name="budget_edit"),
    path("cases/<str:number>/budget/<int:version>/approve/", budget_views.budget_approve, name="budget_approve"),
]
