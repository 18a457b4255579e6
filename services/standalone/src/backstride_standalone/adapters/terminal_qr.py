"""A QR code on a terminal, to be scanned from the screen."""

from io import StringIO

import segno


def terminal_qr(text: str) -> str:
    """Return a QR code in half blocks, for light characters on a dark ground."""
    out = StringIO()
    segno.make(text, error="m", micro=False).terminal(out=out, compact=True, border=2)
    return out.getvalue().rstrip("\n")
