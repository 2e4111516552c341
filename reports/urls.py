from django.urls import path

from reports import score_views, views

app_name = "reports"
urlpatterns = [
    path("overview/", views.overview, name="overview"),
    path("overview/tables.xlsx", views.overview_workbook, name="overview_workbook"),
    path("overview/ratings/", score_views.ratings, name="ratings"),
    path("overview/ratings.csv", score_views.ratings_csv, name="ratings_csv"),
]
