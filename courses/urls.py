from django.urls import path

from courses.views import attendance, catalogue, enrolments, invitations, papers, participants, progress, runs

app_name = "courses"
urlpatterns = [
    path("courses/", runs.runs, name="runs"),
    path("courses/catalogue/", catalogue.catalogue, name="catalogue"),
    path("courses/teachers/", catalogue.teachers, name="teachers"),
    path("courses/new/", runs.run_new, name="run_new"),
    path("courses/<int:pk>/", runs.run, name="run"),
    path("courses/<int:pk>/edit/", runs.run_edit, name="run_edit"),
    path("courses/<int:pk>/exception/", participants.run_exception, name="run_exception"),
    path("courses/<int:pk>/guest/", participants.run_guest, name="run_guest"),
    path("courses/missing/", progress.missing, name="missing"),
    path("courses/<int:pk>/attendance-list.pdf", papers.attendance_list, name="attendance_list"),
    path("courses/<int:pk>/badges.pdf", papers.name_badges, name="name_badges"),
    path("courses/<int:pk>/certificates.pdf", papers.certificates, name="certificates"),
    path("courses/seats/<int:pk>/certificate.pdf", papers.certificate, name="certificate"),
    path("courses/<int:pk>/invitations/", invitations.invitations, name="invitations"),
    path("courses/guests/<int:pk>/", participants.guest, name="guest"),
    path("courses/seats/<int:pk>/take/", participants.take_seat, name="take_seat"),
    path("courses/sessions/<int:pk>/", attendance.session, name="session"),
    path("courses/sessions/<int:pk>/mark/", attendance.session_mark, name="session_mark"),
    path("courses/seats/<int:pk>/engagement/", attendance.engagement, name="engagement"),
    path("courses/seats/<int:pk>/withdraw/", enrolments.withdraw, name="withdraw"),
    path("cases/<str:number>/courses/", progress.case_courses, name="case"),
    path("cases/<str:number>/courses/<int:pk>/enrol/", enrolments.case_enrol, name="case_enrol"),
]
