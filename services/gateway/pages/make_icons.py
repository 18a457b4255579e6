# ruff: noqa: INP001 - a script beside what it makes, not a package
"""Draw the icons of the installed app, the same shapes as public/favicon.svg, without any library.

    python services/gateway/pages/make_icons.py

Writes icon-192.png and icon-512.png into public/. The ground reaches every edge and the shapes
stay in the middle, so that phones may cut them to any shape ("maskable").
"""

import struct
import zlib
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent / "public"
Point = tuple[float, float]
Color = tuple[int, int, int]

GROUND: Final[Color] = (0x14, 0x21, 0x3A)
# on a field of 32 by 32, as in the favicon
SHAPES: Final[tuple[tuple[Color, tuple[Point, ...]], ...]] = (
    ((0xFF, 0x9A, 0x4D), ((18, 8), (24, 8), (18, 16), (24, 24), (18, 24), (12, 16))),
    ((0x5A, 0xA2, 0xFF), ((11, 8), (8, 8), (5, 12), (5, 20), (8, 24), (11, 24), (6, 16))),
)
FIELD: Final = 32
# shapes drawn smaller, into the part that is never cut off
SCALE: Final = 0.8
SAMPLES: Final = 3


def main() -> None:
    """Draw both sizes."""
    for size in (192, 512):
        (FOLDER / f"icon-{size}.png").write_bytes(png(size))


def png(size: int) -> bytes:
    """Return a square picture, as a PNG of 8-bit RGB."""
    rows = b"".join(b"\x00" + row(size, y) for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def row(size: int, y: int) -> bytes:
    """Return the pixels of one row, each the mean of some samples: smooth edges."""
    found = bytearray()
    for x in range(size):
        samples = [
            color_at(
                field((x + (i + 0.5) / SAMPLES) / size), field((y + (j + 0.5) / SAMPLES) / size)
            )
            for i in range(SAMPLES)
            for j in range(SAMPLES)
        ]
        found += bytes(round(sum(part) / len(samples)) for part in zip(*samples, strict=True))
    return bytes(found)


def field(share: float) -> float:
    """Return the place on the field for a share of the picture's width."""
    return FIELD / 2 + (share - 0.5) * FIELD / SCALE


def color_at(x: float, y: float) -> Color:
    """Return the colour of a place on the field."""
    for color, corners in SHAPES:
        if is_inside(x, y, corners):
            return color
    return GROUND


def is_inside(x: float, y: float, corners: tuple[Point, ...]) -> bool:
    """Return whether a ray to the right leaves the shape an odd number of times."""
    inside = False
    for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
    return inside


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


if __name__ == "__main__":
    main()
