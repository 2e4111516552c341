from django.urls import path

from courses import views

app_name = "courses"
urlpatterns = [
    path("courses/", views.runs, name="runs"),
    path("courses/catalogue/", views.catalogue, name="catalogue"),
    path("courses/teachers/", views.teachers, name="teachers"),
    path("courses/new/", views.run_new, name="run_new"),
    path("courses/<int:pk>/", views.run, name="run"),
    path("courses/<int:pk>/edit/", views.run_edit, name="run_edit"),
    path("courses/sessions/<int:pk>/", views.session, name="session"),
    path("courses/seats/<int:pk>/engagement/", views.engagement, name="engagement"),
    path("courses/seats/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("cases/<str:number>/courses/", views.case_courses, name="case"),
    path("cases/<str:number>/courses/<int:pk>/enrol/", views.case_enrol, name="case_enrol"),
]
