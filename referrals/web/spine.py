"""The spine seen from its left side: where each vertebra stands in the drawing, how it leans, and what it is called."""

from dataclasses import dataclass

from flask import Flask

REGIONS = {"C": "Cervical", "T": "Thoracic", "L": "Lumbar", "S": "Sacral"}
ROW_HEIGHTS = {"C": 24, "T": 26, "L": 34, "S": 24}

# Center (x) and lean (degrees) of each vertebral body, read off one smooth curve through the four bends of a spine:
# forward in the neck, back in the chest, forward in the loin, back in the sacrum.
CURVE = {
    "C": ((88, 14.1), (82.2, 12.6), (77.7, 7.9), (76, -0.2), (77.9, -8.2), (82.4, -12.5), (88, -13.3)),
    "T": (
        (94, -14.3), (101.2, -16.4), (108.9, -16.2), (116, -13.9), (121.6, -10.3), (125.3, -6), (127, -1.2),
        (126.4, 3.9), (123.4, 9.1), (118, 14.4), (110.4, 17.7), (102, 17.4),
    ),
    "L": ((93, 16.4), (83.4, 14.1), (77, 6.2), (77, -6.9), (86, -22.6)),
    "S": ((102, -34.3), (119, -33.2), (131, -18.2), (134, 5.4), (128, 18.2)),
}  # fmt: skip

# Width and height of the first and the last body of a region; those between grow evenly.
BODIES = {
    "C": ((23, 15.5), (27, 15.5)),
    "T": ((28, 18.5), (40, 22.5)),
    "L": ((43, 26.5), (47, 27.5)),
    "S": ((42, 25), (16, 18)),
}

# The arch and the spinous process behind the body, as (points right of the body, share of its height).
PROCESSES = {
    "C": "M{0},{a} L{7},{a} L{19},{e} Q{21},{g} {17},{g} L{6},{d} L{0},{d} Z",
    "T": "M{0},{a} L{7},{a} Q{13},{c} {25},{h} Q{26},{i} {21},{i} L{7},{e} L{0},{d} Z",
    "L": "M{0},{a} L{9},{a} L{30},{b} Q{34},{e} {29},{g} L{12},{f} L{0},{d} Z",
    "S": "M{0},{b} L{7},{c} Q{10},{d} {6},{e} L{0},{f} Z",
}
SHARES = {"a": -0.36, "b": -0.2, "c": -0.05, "d": 0.12, "e": 0.26, "f": 0.36, "g": 0.46, "h": 0.8, "i": 0.98}


@dataclass(frozen=True)
class Vertebra:
    """One drawn vertebra; lengths in drawing units, which are pixels at full size."""

    level: str
    name: str
    region: str
    row_height: int
    top: int
    x: float
    lean: float
    body: str
    process: str
    disc: str

    @property
    def y(self) -> float:
        return self.top + self.row_height / 2


def named(level: str) -> str:
    """'L1 lumbar vertebra 1', as a screen reader says it."""
    return f"{level} {REGIONS[level[0]].lower()} vertebra {level[1:]}"


def body_outline(width: float, height: float) -> str:
    """A vertebral body: endplates slightly hollow, waist drawn in."""
    x, y, hollow, waist = width / 2, height / 2, height * 0.06, width * 0.07
    return (
        f"M{-x:.1f},{-y:.1f} Q0,{-y + hollow:.1f} {x:.1f},{-y:.1f} Q{x - waist:.1f},0 {x:.1f},{y:.1f} "
        f"Q0,{y - hollow:.1f} {-x:.1f},{y:.1f} Q{-x + waist:.1f},0 {-x:.1f},{-y:.1f} Z"
    )


def disc_outline(level: str, width: float, row: int) -> str:
    """The disc below a body; none below the atlas, and none in the sacrum, whose bones are one."""
    if level[0] == "S" or level in ("C1", "L5"):
        return ""
    half, thick, y = width * 0.43, row * 0.085, row / 2
    return (
        f"M{-half:.1f},{y:.1f} Q0,{y - 2 * thick:.1f} {half:.1f},{y:.1f} Q0,{y + 2 * thick:.1f} {-half:.1f},{y:.1f} Z"
    )


def process_outline(region: str, width: float, height: float) -> str:
    across = {str(step): f"{width / 2 - 1 + step:.1f}" for step in range(36)}
    down = {letter: f"{share * height:.1f}" for letter, share in SHARES.items()}
    outline = PROCESSES[region]
    for name, value in (across | down).items():
        outline = outline.replace("{" + name + "}", value)
    return outline


def drawn(region: str, top: int) -> list[Vertebra]:
    """The vertebrae of a region, the first of them starting at `top`."""
    (first_width, first_height), (last_width, last_height) = BODIES[region]
    row, places = ROW_HEIGHTS[region], CURVE[region]
    vertebrae = []
    for place, (x, lean) in enumerate(places):
        share = place / (len(places) - 1)
        width = first_width + share * (last_width - first_width)
        height = first_height + share * (last_height - first_height)
        level = f"{region}{place + 1}"
        body, process = body_outline(width, height), process_outline(region, width, height)
        disc = disc_outline(level, width, row)
        vertebrae.append(Vertebra(level, named(level), region, row, top + place * row, x, lean, body, process, disc))
    return vertebrae


def whole_spine() -> tuple[Vertebra, ...]:
    spine: list[Vertebra] = []
    for region in REGIONS:
        spine += drawn(region, sum(vertebra.row_height for vertebra in spine))
    return tuple(spine)


SPINE = whole_spine()
BY_LEVEL = {vertebra.level: vertebra for vertebra in SPINE}


def register(app: Flask) -> None:
    app.jinja_env.globals.update(SPINE=SPINE, REGIONS=REGIONS)
