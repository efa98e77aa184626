"""The masters of the corpus: small real files with place-holders where the tags are.

A place-holder is as long as what replaces it, so no length, offset or table in a file changes.
None of the formats keeps a checksum over its tags (Matroska would: it is told not to).
"""

import shutil
import subprocess
from pathlib import Path

from sample import art

LENGTH = 24
PLACES = {
    "title": b"@TITLE@" + b"t" * (LENGTH - 7),
    "artist": b"@ARTIST@" + b"a" * (LENGTH - 8),
    "album": b"@ALBUM@" + b"b" * (LENGTH - 7),
    # Long enough that sound does not hold it by chance.
    "track": b"0000000077",
}
COUNTS = {"mp3": 12, "flac": 10, "jpg": 12, "mp4": 6, "mkv": 6}
SIZES = ("800x600", "960x540", "600x800", "640x640")


def _run(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments], check=True)


def _tag(name: str, key: str) -> list[str]:
    return ["-metadata", f"{key}={PLACES[name].decode()}"]


def _tone(number: int, seconds: int) -> list[str]:
    expression = f"0.2*sin(2*PI*{110 + 17 * number}*t)+0.1*sin(2*PI*{165 + 23 * number}*t)"
    return ["-f", "lavfi", "-i", f"aevalsrc='{expression}':s=22050:d={seconds}"]


def _picture(number: int, size: str, path: Path) -> None:
    names = sorted(art.SCENES)
    width, height = map(int, size.split("x"))
    source = art.inputs(names[number % len(names)], width, height, path.parent)
    _run(*source, "-frames:v", "1", "-q:v", str(3 + number % 3), "-pix_fmt", "yuvj420p", "-bitexact", str(path))


def _song(number: int, suffix: str, cover: Path, path: Path) -> None:
    codec = {"mp3": ["-c:a", "libmp3lame", "-b:a", "48k", "-id3v2_version", "3"], "flac": ["-c:a", "flac"]}
    # Three in four carry a cover, as collections do.
    picture = [] if number % 4 == 3 else ["-i", str(cover)]
    joined = ["-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic"] if picture else []
    tags = [*_tag("title", "title"), *_tag("artist", "artist"), *_tag("artist", "album_artist"),
            *_tag("album", "album"), *_tag("track", "track"), "-metadata", f"date={1990 + number}"]
    _run(*_tone(number, 4 + number % 4), *picture, *joined, *codec[suffix], *tags, "-bitexact", str(path))


def _film(number: int, suffix: str, picture: Path, path: Path) -> None:
    seconds = 4 + number
    video = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "34", "-pix_fmt", "yuv420p"]
    shape = {"mp4": ["-movflags", "+faststart"], "mkv": ["-write_crc32", "0"]}[suffix]
    _run("-framerate", "10", "-i", str(picture), *_tone(number, seconds),
         "-vf", f"loop=-1:1,fps=10,trim=duration={seconds},scale=320:180", *video,
         "-c:a", "aac", "-b:a", "32k", *_tag("title", "title"), *shape, "-bitexact", str(path))


def _make(folder: Path) -> None:
    for number in range(COUNTS["jpg"]):
        _picture(number, SIZES[number % len(SIZES)], folder / f"{number:02d}.jpg")
    cover = folder / "cover.jpeg"
    _picture(3, "300x300", cover)
    for suffix in ("mp3", "flac"):
        for number in range(COUNTS[suffix]):
            _song(number, suffix, cover, folder / f"{number:02d}.{suffix}")
    for suffix in ("mp4", "mkv"):
        for number in range(COUNTS[suffix]):
            _film(number, suffix, folder / f"{number:02d}.jpg", folder / f"{number:02d}.{suffix}")


def load(folder: Path) -> dict[str, list[bytes]]:
    """The masters by suffix, made first if they are missing."""
    if not folder.exists():
        part = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        _make(part)
        part.rename(folder)
    found = {suffix: [file.read_bytes() for file in sorted(folder.glob(f"*.{suffix}"))] for suffix in COUNTS}
    for suffix, files in found.items():
        for file in files:
            if suffix != "jpg" and PLACES["title"] not in file:
                raise ValueError(f"a {suffix} master holds its title in a form that cannot be patched")
    return found
