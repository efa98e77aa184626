"""The block map beside an image: bmaptool and Raspberry Pi Imager write what it names and skip the rest."""

import hashlib
from pathlib import Path

from .disk import extents

BLOCK = 4096
HEADER = """<?xml version="1.0" ?>
<bmap version="2.0">
    <ImageSize> {size} </ImageSize>
    <BlockSize> {block} </BlockSize>
    <BlocksCount> {blocks} </BlocksCount>
    <MappedBlocksCount> {mapped} </MappedBlocksCount>
    <ChecksumType> sha256 </ChecksumType>
    <BmapFileChecksum> {checksum} </BmapFileChecksum>
    <BlockMap>
"""


def ranges(image: Path) -> list[tuple[int, int]]:
    """First and last block of each stretch that holds something."""
    found: list[tuple[int, int]] = []
    for start, length in extents(image):
        first, last = start // BLOCK, (start + length - 1) // BLOCK
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def write(image: Path, target: Path) -> None:
    """Writes the map, with the checksum of each stretch and its own."""
    size, found = image.stat().st_size, ranges(image)
    body = []
    with image.open("rb") as file:
        for first, last in found:
            file.seek(first * BLOCK)
            digest = hashlib.sha256()
            left = min((last + 1) * BLOCK, size) - first * BLOCK
            while left:
                piece = file.read(min(left, 1 << 20))
                digest.update(piece)
                left -= len(piece)
            place = f"{first}-{last}" if first != last else f"{first}"
            body.append(f'        <Range chksum="{digest.hexdigest()}"> {place} </Range>\n')
    told = {"size": size, "block": BLOCK, "blocks": -(-size // BLOCK),
            "mapped": sum(last - first + 1 for first, last in found)}
    text = lambda checksum: HEADER.format(**told, checksum=checksum) + "".join(body) + "    </BlockMap>\n</bmap>\n"
    own = hashlib.sha256(text("0" * 64).encode()).hexdigest()
    target.write_text(text(own))
