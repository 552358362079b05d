"""The colours of all scenes, in one place.

The eight hues are the palette of M. Okabe and K. Ito, "Color Universal Design", 2008, which people
with any of the common colour vision deficiencies can tell apart.
"""

Colour = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)
ORANGE: Colour = (230, 159, 0)
SKY: Colour = (86, 180, 233)
GREEN: Colour = (0, 158, 115)
YELLOW: Colour = (240, 228, 66)
BLUE: Colour = (0, 114, 178)
VERMILION: Colour = (213, 94, 0)
PURPLE: Colour = (204, 121, 167)

PAPER: Colour = (255, 255, 255)
LAND: Colour = (244, 245, 242)
GRID: Colour = (222, 225, 229)
ROAD: Colour = (205, 208, 213)
MUTED: Colour = (112, 118, 126)
INK: Colour = (38, 42, 48)


def mixed(colour: Colour, other: Colour, share: float) -> Colour:
    """Return a colour between two: ``share`` of ``other``, the rest of ``colour``.

    Args:
        colour: One colour.
        other: The other.
        share: Share of the other, 0..1.
    """
    red, green, blue = (
        round(a + (b - a) * min(max(share, 0.0), 1.0)) for a, b in zip(colour, other, strict=True)
    )
    return red, green, blue
