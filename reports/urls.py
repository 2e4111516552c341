from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("overview/", views.overview, name="overview"),
    path("overview/tables.xlsx", views.overview_workbook, name="overview_workbook"),
]
