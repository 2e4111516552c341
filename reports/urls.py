from django.urls import path

from reports import history_views, payoff_views, score_views, views

app_name = "reports"
urlpatterns = [
    path("overview/", views.overview, name="overview"),
    path("overview/tables.xlsx", views.overview_workbook, name="overview_workbook"),
    path("overview/ratings/", score_views.ratings, name="ratings"),
    path("overview/ratings.csv", score_views.ratings_csv, name="ratings_csv"),
    path("overview/payoff/", payoff_views.payoff, name="payoff"),
    path("overview/payoff/<int:pk>/", payoff_views.scenario, name="scenario"),
    path("overview/history/", history_views.uploads, name="history"),
    path("overview/history/<int:pk>/", history_views.upload, name="history_upload"),
    path("overview/history/<int:pk>/check/", history_views.check, name="history_check"),
    path("overview/history/<int:pk>/load/", history_views.load, name="history_load"),
    path("overview/history/<int:pk>/errors.xlsx", history_views.errors, name="history_errors"),
]
