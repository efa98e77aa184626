"""The least EXIF a camera would write: when, with what, which way up, and where nothing."""

import struct

ASCII, SHORT, LONG = 2, 3, 4


def _entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
    return struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")


def _directory(fields: list[tuple[int, int, bytes]], start: int) -> bytes:
    """One image file directory at offset `start`; texts longer than four bytes follow it."""
    head = struct.pack("<H", len(fields))
    after = start + 2 + 12 * len(fields) + 4
    entries, texts = b"", b""
    for tag, kind, value in fields:
        count = len(value) if kind == ASCII else 1
        if len(value) > 4:
            entries += _entry(tag, kind, count, struct.pack("<I", after + len(texts)))
            texts += value + b"\0" * (len(value) % 2)
        else:
            entries += _entry(tag, kind, count, value)
    return head + entries + struct.pack("<I", 0) + texts


def segment(taken: str, camera: str, orientation: int = 1) -> bytes:
    """An APP1 segment; `taken` is local time as EXIF spells it, `2024:05:01 10:00:00`."""
    text = lambda value: value.encode("ascii") + b"\0"
    first = [
        (0x010F, ASCII, text("Sample")),
        (0x0110, ASCII, text(camera)),
        (0x0112, SHORT, struct.pack("<H", orientation)),
        (0x8769, LONG, b"\0\0\0\0"),
    ]
    second_at = 8 + len(_directory(first, 8))
    first[-1] = (0x8769, LONG, struct.pack("<I", second_at))
    second = [(0x9003, ASCII, text(taken)), (0x9004, ASCII, text(taken))]
    tiff = b"II*\0" + struct.pack("<I", 8) + _directory(first, 8) + _directory(second, second_at)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def stamped(jpeg: bytes, taken: str, camera: str = "Sample One") -> bytes:
    """The same picture with the segment right after the start mark."""
    if jpeg[:2] != b"\xff\xd8":
        raise ValueError("not a JPEG file")
    return jpeg[:2] + segment(taken, camera) + jpeg[2:]
