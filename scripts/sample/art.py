"""Pictures for the sample library, painted without a photograph, a font or a random number.

A scene is a sky that fades from one colour to another, a sun with its glow, and layers of hills
drawn from sums of sines. The soft sky is painted small and enlarged by ffmpeg; sun and hills are
painted at twice the size, column by column, and made smaller, which gives them clean edges.
"""

import math
from dataclasses import dataclass
from pathlib import Path

Colour = tuple[int, int, int]

LAYERS = 5
SKY_STEP = 8


@dataclass(frozen=True)
class Scene:
    """What a picture shows; positions are fractions of its width and height."""

    sky_top: Colour
    sky_low: Colour
    sun: Colour
    sun_at: tuple[float, float]
    hill_near: Colour
    hill_far: Colour
    phase: float
    stars: int = 0


SCENES = {
    "tides": Scene((12, 40, 82), (250, 176, 130), (255, 236, 190), (0.68, 0.5), (6, 26, 48), (58, 122, 148), 0.4),
    "orbit": Scene((10, 10, 34), (92, 54, 130), (236, 226, 255), (0.3, 0.28), (14, 12, 36), (66, 50, 112), 2.1, 160),
    "dawn": Scene((70, 120, 180), (255, 214, 170), (255, 250, 225), (0.25, 0.46), (22, 60, 54), (140, 176, 156), 3.3),
    "noon": Scene((40, 120, 200), (190, 226, 240), (255, 252, 230), (0.55, 0.2), (24, 84, 48), (126, 178, 112), 5.2),
    "dusk": Scene((36, 22, 70), (240, 110, 90), (255, 200, 140), (0.5, 0.5), (28, 14, 40), (140, 62, 92), 1.2),
    "desert": Scene((60, 110, 150), (250, 214, 150), (255, 244, 214), (0.75, 0.3), (120, 52, 30), (222, 150, 92), 4.4),
    "winter": Scene((96, 130, 164), (226, 234, 242), (255, 255, 255), (0.35, 0.35), (52, 76, 98), (178, 198, 214), 0.9),
    "meadow": Scene((96, 160, 214), (246, 240, 200), (255, 250, 210), (0.15, 0.3), (44, 92, 30), (160, 190, 96), 2.8),
    "night": Scene((4, 8, 22), (30, 52, 96), (240, 244, 255), (0.8, 0.22), (4, 10, 18), (28, 46, 74), 3.9, 240),
}


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second))


def _sky_pixel(scene: Scene, x: float, y: float, aspect: float) -> bytes:
    away = math.hypot((x - scene.sun_at[0]) * aspect, y - scene.sun_at[1])
    plain = _mix(scene.sky_top, scene.sky_low, min(1.0, y / 0.62))
    return bytes(_mix(plain, scene.sun, 0.75 * math.exp(-5 * away)))


def sky(scene: Scene, width: int, height: int) -> bytes:
    """A small PPM file of the sky."""
    columns, rows = width // SKY_STEP + 1, height // SKY_STEP + 1
    pixels = b"".join(
        _sky_pixel(scene, column / columns, row / rows, width / height)
        for row in range(rows)
        for column in range(columns)
    )
    return b"P6\n%d %d\n255\n" % (columns, rows) + pixels


def _ridge(scene: Scene, layer: int, x: float) -> float:
    """How far down the hills of this layer begin; layer 0 is the farthest. `x` is in heights."""
    rise, turn, width = 0.05 - 0.004 * layer, scene.phase + 1.7 * layer, 2.7 + 0.9 * layer
    waves = math.sin(x * width + turn) + math.sin(x * width * 2.7 + turn * 2.3) / 2.6
    return 0.54 + 0.085 * layer + rise * (waves + math.sin(x * width * 9 + turn) / 9)


def _land_column(scene: Scene, ramps: list[bytes], column: int, width: int, height: int) -> bytes:
    """One column from top to bottom, RGBA: clear sky, perhaps the sun, then each layer of hills."""
    x = column / height
    starts = [max(0, min(height, round(_ridge(scene, layer, x) * height))) for layer in range(LAYERS)]
    # Nothing, but in the colour of the sky: made smaller, an edge mixes with what is next to it.
    pixels = bytearray(bytes((*scene.sky_low, 0)) * height)
    half = (0.075 * height) ** 2 - (column - scene.sun_at[0] * width) ** 2
    if half > 0:
        top = round(scene.sun_at[1] * height - math.sqrt(half))
        length = round(2 * math.sqrt(half))
        pixels[4 * top : 4 * (top + length)] = bytes((*scene.sun, 255)) * length
    for start, ramp in zip(starts, ramps):
        pixels[4 * start :] = ramp[4 * start :]
    return bytes(pixels)


def _ramp(scene: Scene, layer: int, height: int) -> bytes:
    """A full column in the colour of one layer, lighter towards the top as in haze."""
    colour = _mix(scene.hill_far, scene.hill_near, layer / (LAYERS - 1))
    haze = _mix(colour, scene.sky_low, 0.25)
    top = 0.5 + 0.085 * layer
    return b"".join(
        bytes((*_mix(haze, colour, max(0.0, min(1.0, (y / height - top) / 0.16))), 255))
        for y in range(height)
    )


def land(scene: Scene, width: int, height: int) -> bytes:
    """A PAM file of stars, sun and hills on nothing, at twice the size, lying on its side."""
    width, height = 2 * width, 2 * height
    ramps = [_ramp(scene, layer, height) for layer in range(LAYERS)]
    columns = [bytearray(_land_column(scene, ramps, column, width, height)) for column in range(width)]
    for star in range(scene.stars):
        column, row = star * 7919 * 7919 % width, star * 104729 % (height // 2)
        for across in range(2 + star % 2):
            where = columns[(column + across) % width]
            if where[4 * row + 3] == 0:
                where[4 * row : 4 * row + 8] = bytes((235, 238, 255, 90 + star % 160)) * 2
    head = b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    return head % (height, width) + b"".join(columns)


def inputs(name: str, width: int, height: int, work: Path) -> list[str]:
    """Writes both halves of a scene; returns the ffmpeg inputs and the filter that joins them."""
    sky_file, land_file = work / "sky.ppm", work / "land.pam"
    sky_file.write_bytes(sky(SCENES[name], width, height))
    land_file.write_bytes(land(SCENES[name], width, height))
    join = (
        f"[0]scale={width}:{height}:flags=bicubic[sky];"
        f"[1]transpose=cclock_flip,scale={width}:{height}:flags=area[land];[sky][land]overlay=format=rgb"
    )
    return ["-i", str(sky_file), "-i", str(land_file), "-filter_complex", join]
