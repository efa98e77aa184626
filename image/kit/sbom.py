"""What the image is made of, as SPDX 2.3: Debian's packages by file, and the crates of the program."""

import hashlib
import json
import tomllib
from datetime import datetime, timezone
from pathlib import Path

from .packages import field


def debian(deb: Path) -> dict:
    """One Debian package."""
    name, version, architecture, source = field(deb, "Package", "Version", "Architecture", "source:Package")[:4]
    return {"SPDXID": f"SPDXRef-deb-{name.replace('+', '-plus-')}", "name": name, "versionInfo": version,
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "sourceInfo": f"Debian source package {source}",
            "checksums": [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(deb.read_bytes()).hexdigest()}],
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                              "referenceLocator": f"pkg:deb/debian/{name}@{version}?arch={architecture}"}]}


def crate(entry: dict) -> dict:
    """One crate of Cargo.lock."""
    name, version = entry["name"], entry["version"]
    found = {"SPDXID": f"SPDXRef-crate-{name.replace('_', '-')}-{version.replace('+', '-plus-')}", "name": name,
             "versionInfo": version, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
             "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                               "referenceLocator": f"pkg:cargo/{name}@{version}"}]}
    if "checksum" in entry:
        found["checksums"] = [{"algorithm": "SHA256", "checksumValue": entry["checksum"]}]
    return found


def write(target: Path, name: str, debs: list[Path], lock: Path, epoch: int) -> int:
    """Writes the document; returns how many packages it names."""
    packages = [debian(deb) for deb in debs] + [crate(one) for one in tomllib.loads(lock.read_text())["package"]]
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
