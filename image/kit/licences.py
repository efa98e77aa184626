"""On which terms what the image is of is handed on: the texts lie in places that the image does without, and come
along in one archive, in the root file system and beside the download."""

import io
import tarfile
from pathlib import Path

FILE = "usr/share/stead/licences.tar.xz"


def texts(root: Path) -> dict[str, bytes]:
    """What each Debian package says of its authors and terms, and the licences that it refers to (Debian Policy, 12.5)."""
    found = {f"debian/{path.parent.name}": path.read_bytes() for path in (root / "usr/share/doc").glob("*/copyright")}
    for path in (root / "usr/share/common-licenses").iterdir():
        found[f"debian/common-licenses/{path.name}"] = path.read_bytes()
    return found


def write(target: Path, found: dict[str, bytes]) -> None:
    """Packs texts; the same for the same ones."""
    with tarfile.open(target, "w:xz") as archive:
        for name, text in sorted(found.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))


def read(path: Path) -> dict[str, bytes]:
    """What such an archive holds."""
    with tarfile.open(path) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}
