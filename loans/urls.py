from django.urls import path

from loans.views import decisions, disbursements, loan, payments, plan_changes

app_name = "loans"
urlpatterns = [
    path("cases/<str:number>/loan/", loan.loan, name="loan"),
    path("cases/<str:number>/loan/propose/", decisions.propose, name="propose"),
    path("cases/<str:number>/loan/decide/", decisions.decide, name="decide"),
    path("cases/<str:number>/loan/agreement/", decisions.agreement, name="agreement"),
    path("cases/<str:number>/loan/support/", decisions.support, name="support"),
    path("cases/<str:number>/loan/self-evaluation/", decisions.self_evaluation, name="self_evaluation"),
    path("cases/<str:number>/loan/payment/", payments.payment, name="payment"),
    path("cases/<str:number>/loan/change/", plan_changes.change, name="change"),
    path("cases/<str:number>/loan/change/extra/", plan_changes.try_extra, name="try_extra"),
    path("cases/<str:number>/loan/change/decide/", plan_changes.decide_change, name="change_decide"),
    path("cases/<str:number>/loan/change/withdraw/", plan_changes.withdraw_change, name="change_withdraw"),
    path("cases/<str:number>/loan/change/<int:pk>/undo/", plan_changes.undo_change, name="change_undo"),
    path("cases/<str:number>/loan/change/<slug:kind>/", plan_changes.propose_change, name="change_propose"),
    path("cases/<str:number>/loan/send-again/", decisions.send_again, name="send_again"),
    path("disbursements/", disbursements.disbursements, name="disbursements"),
    path("disbursements/<int:pk>/", disbursements.disbursement, name="disbursement"),
    path("disbursements/<int:pk>/send-back/", disbursements.disbursement_back, name="disbursement_back"),
    path("disbursements/<int:pk>/receipt/", disbursements.disbursement_receipt, name="disbursement_receipt"),
]
