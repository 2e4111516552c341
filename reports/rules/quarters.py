from datetime import date, timedelta

YEARS = 10


def quarter_ends(today: date, years: int = YEARS) -> list[date]:
    """The last days of the quarters that are over, newest first."""
    ends = []
    first_of_quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    for _quarter in range(4 * years):
        last = first_of_quarter - timedelta(days=1)
        ends.append(last)
        first_of_quarter = date(last.year, last.month - 2, 1)
    return ends
