from django.urls import path

from cases.letters import bulk_views, print_views, text_views, views

app_name = "letters"
urlpatterns = [
    path("cases/<str:number>/letters/", views.case_letters, name="case_letters"),
    path("letters/bulk/", bulk_views.bulk, name="bulk"),
    path("letters/many/", bulk_views.bulk_list, name="bulk_list"),
    path("letters/many/<int:pk>/", bulk_views.bulk_report, name="bulk_report"),
    path("letters/many/<int:pk>/file/", bulk_views.bulk_report_file, name="bulk_report_file"),
    path("letters/print/", print_views.queue, name="print_queue"),
    path("letters/print/<uuid:batch_id>/", print_views.file, name="print_file"),
    path("letters/print/<uuid:batch_id>/decide/", print_views.finish, name="print_finish"),
    path("letters/texts/", text_views.text_kinds, name="text_kinds"),
    path("letters/texts/<slug:kind>/", text_views.text_kind, name="text_kind"),
    path("letters/texts/<slug:kind>/edit/", text_views.text_edit, name="text_edit"),
    path("letters/texts/<slug:kind>/preview/", text_views.text_preview, name="text_preview"),
    path("letters/texts/<slug:kind>/compare/", text_views.text_compare, name="text_compare"),
    path("letters/texts/<slug:kind>/<int:number>/sample/", text_views.text_sample, name="text_sample"),
    path("letters/texts/<slug:kind>/<int:number>/confirm/", text_views.text_confirm, name="text_confirm"),
    path("letters/texts/<slug:kind>/<int:number>/start/", text_views.text_start, name="text_start"),
    path("letters/texts/<slug:kind>/<int:number>/restore/", text_views.text_restore, name="text_restore"),
    path("letters/unsent/", views.unsent, name="unsent"),
    path("letters/<uuid:letter_id>/", views.download, name="download"),
    path("letters/<uuid:letter_id>/release/", views.release, name="release"),
    path("letters/<uuid:letter_id>/resend/", views.resend, name="resend"),
    path("letters/<uuid:letter_id>/drop/", views.drop, name="drop"),
    path("letters/<uuid:letter_id>/sent/", views.sent_by_hand, name="sent_by_hand"),
]
