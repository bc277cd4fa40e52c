"""A copy of a picture with nothing in it but what is seen: no position, no camera, no comment, no tail."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from dajing.kernel.text import Text

MOST_PIXELS = 40_000_000
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}

TOO_LARGE = Text(
    zh="图片超过 4000 万像素；请缩小后再传。", en="the picture has over 40 million pixels; make it smaller."
)
BROKEN = Text(zh="图片已损坏；请重新导出。", en="the picture is damaged; export it anew.")


def stripped(*, body: bytes, media: str) -> bytes | Text:
    """The picture drawn anew and upright, or why it is not taken; its size is known before it is drawn."""
    wanted = FORMATS[media]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the bound below is stricter
            with Image.open(io.BytesIO(body), formats=(wanted,)) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return TOO_LARGE
                upright = ImageOps.exif_transpose(picture)
                clear = upright.has_transparency_data and wanted != "JPEG"
                drawn = upright.convert("RGBA" if clear else "RGB")
    except Image.DecompressionBombError:
        return TOO_LARGE
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
        return BROKEN
    drawn.info.clear()  # writers take position, profile and comments from here
    copy = io.BytesIO()
    drawn.save(copy, format=wanted, **({"quality": 90} if wanted != "PNG" else {"optimize": False}))
    return copy.getvalue()
