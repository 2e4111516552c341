from django.urls import path

from cases.views import contacts, detail, drafts, editing, flags, phases, referrals, worklist

app_name = "cases"
urlpatterns = [
    path("work/", worklist.work, name="work"),
    path("work/tasks/new/", worklist.task_new, name="task_new"),
    path("work/tasks/<int:pk>/done/", worklist.task_done, name="task_done"),
    path("work/tasks/<int:pk>/undo/", worklist.task_undo, name="task_undo"),
    path("search/", worklist.search, name="search"),
    path("drafts/<slug:kind>/", drafts.draft, name="draft"),
    path("drafts/<slug:kind>/delete/", drafts.draft_delete, name="draft_delete"),
    path("drafts/<slug:kind>/<str:key>/", drafts.draft, name="draft"),
    path("drafts/<slug:kind>/<str:key>/delete/", drafts.draft_delete, name="draft_delete"),
    path("referrals/new/", referrals.referral_new, name="referral_new"),
    path("referrals/mine/", referrals.my_referrals, name="my_referrals"),
    path("referrals/<str:number>/", referrals.referral_detail, name="referral_detail"),
    path("referrals/<str:number>/receipt/", referrals.referral_receipt, name="referral_receipt"),
    path("cases/", worklist.case_list, name="list"),
    path("cases/<str:number>/", detail.detail, name="detail"),
    path("cases/<str:number>/reveal/", detail.reveal, name="reveal"),
    path("cases/<str:number>/journal/", detail.journal, name="journal"),
    path("cases/<str:number>/journal/<int:pk>/correct/", detail.journal_correct, name="journal_correct"),
    path("cases/<str:number>/tasks/", worklist.case_tasks, name="tasks"),
    path("cases/<str:number>/tasks/new/", worklist.case_task_new, name="case_task_new"),
    path("cases/<str:number>/contacts/new/", contacts.contact_new, name="contact_new"),
    path("cases/<str:number>/contacts/<int:pk>/", contacts.contact, name="contact"),
    path("cases/<str:number>/citizen/", editing.citizen, name="citizen"),
    path("cases/<str:number>/coach/", editing.coach, name="coach"),
    path("cases/<str:number>/cohort/", editing.cohort, name="cohort"),
    path("cases/<str:number>/business/", editing.business, name="business"),
    path("cases/<str:number>/accept/", phases.accept, name="accept"),
    path("cases/<str:number>/next-phase/", phases.next_phase, name="next_phase"),
    path("cases/<str:number>/flags/", flags.flags, name="flags"),
    path("cases/<str:number>/flags/<int:pk>/resolve/", flags.flag_resolve, name="flag_resolve"),
    path("cases/<str:number>/close/", phases.close, name="close"),
    path("cases/<str:number>/reopen/", phases.reopen, name="reopen"),
]
