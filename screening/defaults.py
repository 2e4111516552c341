"""The first criteria sets (domain.md §4; sources H, E, A, R). An administrator makes new versions; decided ones stay."""

# (code, weight, title, what 1 means, what 5 means): Danish content, as it is data that staff read and may change.
CRITERIA: dict[int, list[tuple[str, int, str, str, str]]] = {
    1: [
        ("self_image", 1, "Selvbillede", "Ser ikke egne styrker og grænser endnu", "Kender egne styrker og grænser godt"),
        ("motivation", 1, "Motivation", "Ønsket kommer mest fra andre", "Brænder for det og tager selv skridt"),
        ("trust", 1, "Tillid", "Svært at bygge en tillidsfuld relation nu", "Åben og tillidsfuld dialog"),
        ("idea", 1, "Forretningsidé og muligheder", "Idéen kan næppe sælges", "Klar idé med kunder i sigte"),
        ("advice", 2, "Vil gerne tage imod råd", "Afviser råd", "Søger råd og bruger dem"),
        ("history", 1, "Sagens historie set med friske øjne", "Forhold taler klart imod nu", "Intet i vejen for at begynde"),
    ],
    2: [
        ("trust", 1, "Tillid", "Tilliden mangler", "Tilliden er gensidig"),
        ("attendance", 1, "Mødestabilitet", "Udebliver ofte uden afbud", "Møder hver gang eller melder afbud"),
        ("motivation", 1, "Motivation", "Motivationen er faldet", "Motivationen er vokset"),
        ("together", 2, "Planen kan gennemføres i fællesskab", "Planen hænger ikke sammen endnu", "Planen er realistisk og bygger på egne tanker"),
    ],
    3: [
        ("participation", 1, "Fremmøde og engagement på kurserne", "Deltog lidt", "Deltog aktivt hele vejen"),
        ("plan", 2, "Forretningsplan i detaljer", "Planen har store huller", "Planen er gennemarbejdet"),
        ("budget", 2, "Budget og indtjening", "Tallene holder ikke", "Tallene er realistiske"),
        ("motivation", 1, "Motivation", "I tvivl om det er det rette", "Klar til at starte"),
        ("competence", 1, "Faglige kompetencer", "Mangler det faglige", "Kan faget godt"),
        ("health", 1, "Helbred", "Helbredet bærer ikke planen nu", "Helbredet bærer planen"),
        ("family", 1, "Opbakning fra familien", "Ingen opbakning", "Fuld opbakning"),
        ("market", 2, "Marked: kunder og salg", "Ingen kunder i sigte", "Kunder har sagt ja"),
    ],
    4: [
        ("self_evaluation", 1, "Selvevaluering", "Har svært ved at se egen udvikling", "Ser klart hvad der er nået og mangler"),
        ("meetings", 1, "Evalueringsmøder", "Mødes sjældent", "Mødes og følger op på aftaler"),
        ("progress", 2, "Virksomhedens udvikling", "Går tilbage", "Går fremad efter planen"),
        ("decisive", 2, "Forlængelse er afgørende", "Gør ingen forskel", "Er afgørende for at virksomheden kommer i gang"),
    ],
}  # fmt: skip
