from django.urls import path

from screening import budget_views, criteria_views, hearing_views, sheet_views, views, year_views

app_name = "screening"
urlpatterns = [
    path("criteria/", criteria_views.criteria_sets, name="criteria_sets"),
    path("criteria/<int:number>/", criteria_views.criteria_set, name="criteria_set"),
    path("criteria/<int:number>/edit/", criteria_views.criteria_edit, name="criteria_edit"),
    path("cases/<str:number>/screenings/", views.overview, name="list"),
    path("cases/<str:number>/screenings/open/", views.open_round, name="open"),
    path("cases/<str:number>/screenings/<int:pk>/", views.detail, name="detail"),
    path("cases/<str:number>/screenings/<int:pk>/edit/", views.edit, name="edit"),
    path("cases/<str:number>/screenings/<int:pk>/check/", views.check, name="check"),
    path("cases/<str:number>/screenings/<int:pk>/take-back/", views.take_back, name="take_back"),
    path("cases/<str:number>/screenings/<int:pk>/decide/", views.decide, name="decide"),
    path("cases/<str:number>/screenings/<int:pk>/assessment.pdf", views.assessment_pdf, name="assessment"),
    path("cases/<str:number>/screenings/<int:pk>/hearing/", hearing_views.hearing, name="hearing"),
    path("cases/<str:number>/screenings/<int:pk>/hearing/answer/", hearing_views.hearing_answer, name="hearing_answer"),
    path("cases/<str:number>/budget/", budget_views.budget, name="budget"),
    path("cases/<str:number>/budget/edit/", budget_views.budget_edit, name="budget_edit"),
    path("cases/<str:number>/budget/<int:version>/approve/", budget_views.budget_approve, name="budget_approve"),
    path("cases/<str:number>/budgets/<slug:kind>/<int:version>/sheet/", sheet_views.sheet, name="budget_sheet"),
    path("cases/<str:number>/budgets/<slug:kind>/<int:version>/paper/", sheet_views.paper, name="budget_paper"),
    path("cases/<str:number>/budgets/<slug:kind>/upload/", sheet_views.sheet_upload, name="budget_sheet_upload"),
    path("cases/<str:number>/budgets/liquidity/what-if/", year_views.what_if, name="what_if"),
    path("cases/<str:number>/budgets/<slug:kind>/", year_views.year_budget, name="year_budget"),
    path("cases/<str:number>/budgets/<slug:kind>/edit/", year_views.year_budget_edit, name="year_budget_edit"),
    path(
        "cases/<str:number>/budgets/<slug:kind>/<int:version>/approve/",
        year_views.year_budget_approve,
        name="year_budget_approve",
    ),
]
