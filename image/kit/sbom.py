"""What the image is made of, as SPDX 2.3: Debian's packages by file, and the parts of the program."""

import base64
import hashlib
import json
import re
import tomllib
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from .packages import field


def package(kind: str, name: str, version: str, url: str, checksum: tuple[str, str] | None = None) -> dict:
    """One package. `url` is its package URL; a checksum is an algorithm and hexadecimal digits."""
    told = f"{name}-{version}".replace("+", "-plus-").replace("@", "")
    found = {"SPDXID": f"SPDXRef-{kind}-{re.sub('[^A-Za-z0-9.-]', '-', told)}", "name": name, "versionInfo": version,
             "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
             "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": url}]}
    if checksum:
        found["checksums"] = [{"algorithm": checksum[0], "checksumValue": checksum[1]}]
    return found


def debian(deb: Path) -> dict:
    """One Debian package."""
    name, version, architecture, source = field(deb, "Package", "Version", "Architecture", "source:Package")[:4]
    found = package("deb", name, version, f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}",
                    ("SHA256", hashlib.sha256(deb.read_bytes()).hexdigest()))
    return {**found, "sourceInfo": f"Debian source package {source}"}


def crates(lock: Path) -> dict[tuple[str, str], tuple[str, str] | None]:
    """The sum of each crate of Cargo.lock; our own have none."""
    return {(one["name"], one["version"]): ("SHA256", one["checksum"]) if "checksum" in one else None
            for one in tomllib.loads(lock.read_text())["package"]}


def npm(lock: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """The sum of each package of package-lock.json, which has them as `sha512-` and base64."""
    packages = {path.rpartition("node_modules/")[2]: one for path, one in json.loads(lock.read_text())["packages"].items() if path}
    return {(name, one["version"]): ("SHA512", base64.b64decode(one["integrity"].removeprefix("sha512-")).hex())
            for name, one in packages.items()}


def parts(told: Path, project: Path) -> list[dict]:
    """The parts of the program, as scripts/parts tells them: a line each, of kind, name and version."""
    sums = {"cargo": crates(project / "Cargo.lock"), "npm": npm(project / "web/package-lock.json")}
    found = []
    for line in told.read_text().splitlines():
        kind, name, version = line.split("\t")
        if kind == "c":
            found.append(package(kind, name, version, f"pkg:generic/{name}@{version}"))
        elif (name, version) in sums[kind]:
            found.append(package(kind, name, version, f"pkg:{kind}/{quote(name)}@{quote(version)}", sums[kind][name, version]))
        else:
            raise SystemExit(f"stead: {told} is of other sources: here is no {name} {version}. Build the program anew: make cross")
    return found


def write(target: Path, name: str, debs: list[Path], told: Path, project: Path, epoch: int) -> int:
    """Writes the document; returns how many packages it names."""
    packages = [debian(deb) for deb in debs] + parts(told, project)
    digest = hashlib.sha256(json.dumps(packages, sort_keys=True).encode()).hexdigest()
    target.write_text(json.dumps({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
        "documentNamespace": f"https://stead.invalid/spdx/{name}-{digest[:16]}",
        "creationInfo": {"created": datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                         "creators": ["Tool: scripts/image"]},
        "packages": packages,
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                           "relatedSpdxElement": one["SPDXID"]} for one in packages],
    }, indent=1) + "\n")
    return len(packages)
