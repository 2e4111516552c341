from django.urls import path

from cases.letters import bulk_views, print_views, views

app_name = "letters"
urlpatterns = [
    path("cases/<str:number>/letters/", views.case_letters, name="case_letters"),
    path("letters/bulk/", bulk_views.bulk, name="bulk"),
    path("letters/print/", print_views.queue, name="print_queue"),
    path("letters/print/<uuid:batch_id>/", print_views.file, name="print_file"),
    path("letters/print/<uuid:batch_id>/decide/", print_views.finish, name="print_finish"),
    path("letters/unsent/", views.unsent, name="unsent"),
    path("letters/<uuid:letter_id>/", views.download, name="download"),
    path("letters/<uuid:letter_id>/release/", views.release, name="release"),
    path("letters/<uuid:letter_id>/resend/", views.resend, name="resend"),
    path("letters/<uuid:letter_id>/drop/", views.drop, name="drop"),
    path("letters/<uuid:letter_id>/sent/", views.sent_by_hand, name="sent_by_hand"),
]
