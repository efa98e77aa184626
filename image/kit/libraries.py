"""Whether every library that a program or library of the image names is there.

Files are left out of the image by path, so a package that begins to link one of them must be seen
when the image is made, and not on somebody's shelf.
"""

import subprocess
from pathlib import Path

FOLDERS = ("usr/bin", "usr/sbin", "usr/lib")


def is_elf(path: Path) -> bool:
    """Whether it begins as an ELF file does."""
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def needed(files: list[Path]) -> dict[str, str]:
    """The libraries that the files name, each with the first that does."""
    told = subprocess.run(["readelf", "--dynamic", "--wide", *files], text=True, capture_output=True, check=False)
    found: dict[str, str] = {}
    who = str(files[0])
    for line in told.stdout.splitlines():
        if line.startswith("File: "):
            who = line.removeprefix("File: ")
        elif "(NEEDED)" in line:
            found.setdefault(line.split("[")[1].split("]")[0], who)
    return found


def check_libraries(root: Path) -> None:
    """Ends with the names of what is missing and of who names it."""
    files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*"))
             if path.is_file() and not path.is_symlink() and path.suffix != ".ko" and is_elf(path)]
    there = {path.name for path in (root / "usr/lib").rglob("*") if ".so" in path.name and path.exists()}
    missing = {name: who for name, who in needed(files).items() if name not in there}
    if missing:
        told = "\n".join(f"  {name}, named by {who}" for name, who in sorted(missing.items()))
        raise SystemExit(f"stead: libraries are missing in the image:\n{told}\n  See image/leave-out.list.")
