"""Pictures and film of what the demo rendered."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw

_MARGIN = 8
_BACKGROUND = (24, 24, 26)


def contact_sheet(rendered: list[Path], textures: list[Path], ages: list[float], output: Path) -> None:
    """The object at some ages, under it the texture at the same ages."""
    columns = [
        (Image.open(above).convert("RGB"), Image.open(below).convert("RGB"))
        for above, below in zip(rendered, textures, strict=True)
    ]
    width, height = columns[0][0].size
    sheet = Image.new(
        "RGB", (len(columns) * (width + _MARGIN) + _MARGIN, height + width + 3 * _MARGIN + 16), _BACKGROUND
    )
    draw = ImageDraw.Draw(sheet)
    for number, ((above, below), age) in enumerate(zip(columns, ages, strict=True)):
        left = _MARGIN + number * (width + _MARGIN)
        draw.text((left, 4), f"Age {age:.2f}", fill=(220, 220, 220))
        sheet.paste(above, (left, 16 + _MARGIN))
        sheet.paste(below.resize((width, width), Image.Resampling.LANCZOS), (left, 16 + height + 2 * _MARGIN))
    sheet.save(output)


def film(frames: list[Path], output: Path, frames_per_second: int = 24) -> None:
    """The frames as H.264, one behind the other, and backwards again so that it loops."""
    with av.open(str(output), "w") as container:
        stream = container.add_stream("libx264", rate=frames_per_second, options={"crf": "18", "preset": "medium"})
        stream.pix_fmt = "yuv420p"
        stream.width, stream.height = Image.open(frames[0]).size
        for path in [*frames, *reversed(frames[1:-1])]:
            pixels = np.asarray(Image.open(path).convert("RGB"))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
