"""A sheet for patients on each procedure, in plain words of our own, from the clinic's page."""

from referrals.typeset import Part, heading, items, paragraph

SOURCE = "From the clinic’s page “Vertebroplasty & Kyphoplasty”, in our words."
BOTH_ARE_DONE = (
    "You lie on your stomach. The skin is made numb, or you are made sleepy or asleep.",
    "The doctor watches an X-ray picture (fluoroscopy) the whole time.",
    "A thin hollow needle is brought to the broken bone through a small nick in the skin. It needs no stitches.",
)
LASTING = "Pain can ease quickly, and the relief can last five years or more."
ASK = "Ask us whatever you want to know, and tell us about allergies, infections and blood thinners before the day."

SHEETS: dict[str, tuple[str, tuple[Part, ...]]] = {
    "vertebroplasty": (
        "Vertebroplasty: what you should know",
        (
            heading("What it is"),
            paragraph(
                "A bone of your spine (a vertebra) is injured and hurts. A doctor puts bone cement into it, through a "
                "needle. The cement hardens and holds the bone together."
            ),
            heading("How it is done"),
            items((*BOTH_ARE_DONE, "Cement for bones is put in and hardens.")),
            heading("What it can do for you"),
            items(
                (
                    "Of 100 people, 75 to 90 have much less pain, or none, afterwards.",
                    LASTING,
                    "About 75 of 100 people move again as they did before, and being active is good for the bones.",
                )
            ),
            heading("Before you come"),
            paragraph(ASK),
        ),
    ),
    "kyphoplasty": (
        "Kyphoplasty: what you should know",
        (
            heading("What it is"),
            paragraph(
                "A bone of your spine (a vertebra) has collapsed, in part or wholly, and hurts; thin bones "
                "(osteoporosis) are a common cause. A doctor lifts it with a small balloon, and fills it with cement."
            ),
            heading("How it is done"),
            items(
                (
                    *BOTH_ARE_DONE,
                    "A small balloon is brought in and slowly filled, so that the bone comes back towards its shape.",
                    "The balloon is taken out, and the space that it made is filled with cement.",
                )
            ),
            heading("What it can do for you"),
            items(
                (
                    LASTING,
                    "It can also straighten what the fracture has bent. The earlier it is done, the better the chance.",
                    "You can go back to what you did before without physical therapy.",
                )
            ),
            heading("Before you come"),
            paragraph(ASK),
        ),
    ),
}
"""{procedure: (title, pieces)}. The figures are those of the page; nothing here promises them to anybody."""
