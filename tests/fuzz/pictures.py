"""Small honest pictures and films in every form that is read, and mutations of them."""

from __future__ import annotations

import io
import random
from pathlib import Path

import av
import numpy as np
from PIL import Image

from .spoiled import spoil

_SIZE = (64, 48)
_FRAMES = 8
_STILL = {".png": "PNG", ".jpg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".bmp": "BMP", ".avif": "AVIF"}
_ANIMATED = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG", ".tiff": "TIFF"}
_VIDEOS = {
    ".mp4": "libx264",
    ".mkv": "libx264",
    ".mov": "mpeg4",
    ".webm": "libvpx",
    ".avi": "mjpeg",
    ".mpg": "mpeg2video",
    ".wmv": "wmv2",
    ".ogv": "libtheora",
}


def honest_pictures(folder: Path) -> list[Path]:
    """Write one honest file of each kind into `folder`."""
    chance = np.random.default_rng(0)
    base = chance.integers(40, 255, (_SIZE[1], _SIZE[0], 3), np.uint8)
    frames = [np.roll(base, 3 * index, axis=1) // (1 + index % 3) for index in range(_FRAMES)]
    pictures = [Image.fromarray(frame) for frame in frames]
    paths = []
    for ending, form in _STILL.items():
        paths.append(folder / f"still{ending}")
        pictures[0].save(paths[-1], form)
    paths.append(folder / "deep.png")
    Image.fromarray(base[..., 0].astype(np.uint16) * 257).save(paths[-1])
    paths.append(folder / "packed.tif")
    pictures[0].save(paths[-1], compression="tiff_lzw")
    paths.append(folder / "turned.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    pictures[0].save(paths[-1], exif=exif, progressive=True)
    for ending, form in _ANIMATED.items():
        paths.append(folder / f"moving{ending}")
        pictures[0].save(paths[-1], form, save_all=True, append_images=pictures[1:], duration=100)
    return paths + [
        write_film(folder / f"film{ending}", codec, frames) for ending, codec in _VIDEOS.items() if _has(codec)
    ]


def _has(codec: str) -> bool:
    return codec in av.codecs_available


def write_film(path: Path, codec: str, frames: list[np.ndarray]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = _SIZE
        stream.pix_fmt = {"mjpeg": "yuvj420p", "qtrle": "rgb24"}.get(codec, "yuv420p")
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


def hostile_picture(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A mutation of a picture or film; now and then it goes on as another file does, or is a list of other files."""
    fate = chance.random()
    if fate < 0.05:
        other = chance.choice(others)
        cut = chance.randrange(min(len(content), len(other)))
        return content[:cut] + other[cut:]
    if fate < 0.08:
        return chance.choice(_LISTS)
    if fate < 0.1:
        return bomb(chance)
    return spoil(content, chance)


# Formats that name other files, or that a library might hand to another program: under a picture's or a film's name.
_LISTS = (
    b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n",
    b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/hostile.ts\n#EXT-X-ENDLIST\n",
    b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n(hostile) (w) file closefile showpage\n",
    b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    b"P6\n60000 60000\n255\n",
    b"v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
)


def bomb(chance: random.Random) -> bytes:
    """A small honest file that becomes a large picture."""
    size = chance.choice(((8000, 8000), (60_000, 900), (16_000, 16_000)))
    content = io.BytesIO()
    if chance.random() < 0.5:
        Image.new("1", size).save(content, "PNG")
    else:
        Image.new("1", size).save(content, "TIFF", compression="group4")
    return content.getvalue()
