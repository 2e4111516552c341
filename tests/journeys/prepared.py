"""Citizens whose way to a certain point is played by the services, as the demo does; what a journey is about is then
played on the screens."""

from datetime import timedelta

from reports.demo.story import Story
from tests.journeys.journey import Journey
from tests.journeys.stage import COACH, Citizen, Stage


def journey_of(stage: Stage, story: Story, *, coach: str = COACH) -> Journey:
    person = story.person
    citizen = Citizen(cpr=person.cpr, cvr=person.cvr, name=person.name, trade=person.trade)
    journey = Journey(stage, citizen, coach=coach)
    journey.number = story.case.number
    return journey


def together(stage: Stage, *stories: Story) -> None:
    """The clock of the screens and the citizens come to the same working day."""
    day = max(stage.day, *(story.day for story in stories))
    while day.weekday() > 4:
        day += timedelta(days=1)
    stage.until(day)
    for story in stories:
        story.refresh().day = day
