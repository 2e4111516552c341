from screening.models.budgets import Budget, BudgetLine
from screening.models.criteria import CriteriaSet, Criterion
from screening.models.hearings import HearingRecord
from screening.models.papers import GoalReview, Paper, ReceivedForm
from screening.models.rows import BudgetFrame, BudgetRow
from screening.models.screenings import Score, Screening, ScreeningStaff

__all__ = [
    "Budget",
    "BudgetFrame",
    "BudgetLine",
    "BudgetRow",
    "CriteriaSet",
    "Criterion",
    "GoalReview",
    "HearingRecord",
    "Paper",
    "ReceivedForm",
    "Score",
    "Screening",
    "ScreeningStaff",
]
