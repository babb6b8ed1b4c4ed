"""Names, birthdays and telephones that nobody could take for a real patient's."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import cycle
from random import Random

from referrals import patients
from referrals.patients import PatientDetails

FAMILY_NAMES = (
    "Sample", "Placeholder", "Example", "Invented", "Madeup", "Notreal", "Fictional", "Imaginary", "Pretend",
    "Specimen", "Template", "Nobody", "Mockup", "Prototype", "Makebelieve", "Noone", "Unreal",
)  # fmt: skip
GIVEN_NAMES = {
    "female": (
        "Ada", "Agnes", "Alice", "Beatrice", "Bernice", "Clara", "Cordelia", "Dolores", "Dorothea", "Edith", "Elsie",
        "Estelle", "Eudora", "Flora", "Frances", "Georgia", "Greta", "Harriet", "Hilda", "Ida", "Irma", "Josephine",
        "Lavinia", "Lenora", "Lucille", "Mabel", "Marguerite", "Mildred", "Nellie", "Octavia", "Opal", "Pearl",
        "Rosalind", "Ruth", "Sylvia", "Thelma", "Ursula", "Viola", "Wilma", "Zelda",
    ),
    "male": (
        "Abner", "Albert", "Amos", "Barnaby", "Cecil", "Chester", "Clarence", "Cornelius", "Edgar", "Edwin", "Elmer",
        "Ernest", "Felix", "Floyd", "Franklin", "Gilbert", "Harold", "Herman", "Horace", "Hubert", "Irving", "Jasper",
        "Leopold", "Lionel", "Milton", "Norbert", "Oswald", "Quentin", "Rufus", "Stanley", "Theodore", "Vernon",
    ),
}  # fmt: skip
CARERS = {
    **dict.fromkeys(("daughter", "wife", "sister", "niece", "granddaughter"), "female"),
    **dict.fromkeys(("son", "husband", "brother", "nephew", "grandson"), "male"),
}
DAYS_A_YEAR = 365


class Names:
    """Draws each name once, in an order that is the chance's."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.given = {sex: iter(chance.sample(names, len(names))) for sex, names in GIVEN_NAMES.items()}
        self.family = cycle(chance.sample(FAMILY_NAMES, len(FAMILY_NAMES)))
        self.telephones: Iterator[int] = cycle(range(120, 200))
        self.count = 0

    def patient(
        self,
        today: date,
        *,
        sex: str,
        age: int,
        carer: str = "",
        language: str = "",
        interpreter: bool | None = None,
    ) -> PatientDetails:
        """Somebody of this age today, whom nobody else is called like; `carer` is what that person is to them."""
        family_name, self.count = next(self.family), self.count + 1
        return PatientDetails(
            given_name=next(self.given[sex]),
            family_name=family_name,
            born_on=self.birthday(today, age),
            sex=sex,
            mrn=f"DEMO-{self.count:04}",
            telephone=self.telephone(),
            language=language,
            interpreter=interpreter,
            carer_name=f"{self.chance.choice(GIVEN_NAMES[CARERS[carer]])} {family_name} ({carer})" if carer else "",
            carer_telephone=self.telephone() if carer else "",
        )

    def again(self, known: PatientDetails, misspelled: bool) -> PatientDetails:
        """The same patient, written down again: a letter is missing, or another practice has a number of its own."""
        if misspelled:
            return replace(known, given_name=known.given_name[:2] + known.given_name[3:])
        self.count += 1
        return replace(known, mrn=f"DEMO-{self.count:04}")

    def telephone(self) -> str:
        return f"555-0{next(self.telephones)}"

    def birthday(self, today: date, years: int) -> date:
        """A day on which somebody was born who has this age today."""
        born_on = today - timedelta(years * DAYS_A_YEAR + years // 4 + self.chance.randrange(1, DAYS_A_YEAR))
        while (found := patients.age(born_on, today)) != years:
            born_on += timedelta(1 if found > years else -1)
        return born_on
