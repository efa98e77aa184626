#!/usr/bin/env python3
"""post-build.py TARGET BOARD: what the overlay (image/rootfs) leaves to whoever builds.

Fills its templates, names the version, and makes the folders on which the disk is mounted.
"""

import shutil
import sys
from pathlib import Path

from project import IMAGE, Board, authority, board, rootfs, tables, version


def values_of(this: Board) -> dict[str, str]:
    """What the templates ask for."""
    offset, size = tables.state()["environment"]
    return {
        "COMPATIBLE": this.compatible, "VERSION": version(), "ENV_OFFSET": hex(offset), "ENV_SIZE": hex(size),
    }


def fill(target: Path, this: Board) -> None:
    """The files that say which board and which version this is."""
    values = values_of(this)
    templates = {
        "etc/fw_env.config": (IMAGE / "rootfs/etc/fw_env.config.in").read_text(),
        "etc/rauc/system.conf": (IMAGE / "rauc/system.conf.in").read_text(),
        "usr/lib/os-release": 'NAME="Stead"\nPRETTY_NAME="Stead @VERSION@"\nID=stead\nVERSION_ID="@VERSION@"\n'
                              'IMAGE_ID=@COMPATIBLE@\nIMAGE_VERSION="@VERSION@"\n',
    }
    for name, template in templates.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(tables.filled(template, values))
    (target / "usr/lib/stead/image-identity").write_text(tables.identity(this.disk_id))
    for template in target.glob("etc/**/*.in"):
        template.unlink()


def main(target: Path, name: str) -> None:
    """Fills TARGET for the board of this name."""
    fill(target, board(name))
    shutil.copyfile(authority().keyring, target / "etc/rauc/keyring.pem")
    for folder in rootfs.MOUNT_POINTS:
        (target / folder).mkdir(parents=True, exist_ok=True)
    # The initrd mounts the id of this machine over it.
    (target / "etc/machine-id").write_text("")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
