"""Plain names: each name by its letters alone, so that of those born on one day only who shares one is read and compared."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "20261126_plain_names"
down_revision = "20261126_wall_functions"
branch_labels = None
depends_on = None

NAMES = ("family_name", "given_name")
INDEX = "ix_patients_born_on_plain_family_name_plain_given_name"
A_BATCH = 1000

# As names were compared when this revision was written.
WORD = re.compile(r"[^\W_]+")
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
APOSTROPHES = str.maketrans(dict.fromkeys("'’‘ʼ`´", ""))


def in_one(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.translate(APOSTROPHES).casefold()).translate(LETTERS)
    return "".join(WORD.findall("".join(letter for letter in letters if not unicodedata.combining(letter))))[:250]


def upgrade() -> None:
    by_code_point = 'COLLATE "C" ' if op.get_bind().dialect.name == "postgresql" else ""
    for name in NAMES:
        op.execute(f"ALTER TABLE patients ADD COLUMN plain_{name} VARCHAR(250) {by_code_point}DEFAULT '' NOT NULL")
    _fill()
    op.drop_index("ix_patients_born_on", "patients")
    op.create_index(INDEX, "patients", ["born_on", *(f"plain_{name}" for name in NAMES)])


def _fill() -> None:
    connection, newest = op.get_bind(), 0
    columns = ("id", *NAMES, *(f"plain_{name}" for name in NAMES))
    patients = sa.table("patients", *(sa.column(name) for name in columns))
    batch = sa.select(patients).order_by(patients.c.id).limit(A_BATCH)
    change = patients.update().where(patients.c.id == sa.bindparam("of"))
    while rows := connection.execute(batch.where(patients.c.id > newest)).all():
        told = [{"of": row.id, **{f"plain_{name}": in_one(getattr(row, name)) for name in NAMES}} for row in rows]
        connection.execute(change, told)
        newest = rows[-1].id


def downgrade() -> None:
    op.drop_index(INDEX, "patients")
    op.create_index("ix_patients_born_on", "patients", ["born_on"])
    for name in NAMES:
        op.drop_column("patients", f"plain_{name}")
