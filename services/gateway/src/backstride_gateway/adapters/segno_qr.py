"""QR codes by segno, as SVG that scales to any size."""

from io import BytesIO

import segno


def qr_svg(text: str) -> str:
    """Return a QR code of `text` as one SVG element, with the quiet zone around it.

    Error correction M: a scratch or a drop of sweat on the print does no harm.
    """
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, omitsize=True, border=4, light="#fff", nl=False
    )
    return out.getvalue().decode()
