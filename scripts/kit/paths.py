"""Where things are kept; the same folder as in scripts/lib.sh."""

import os
from pathlib import Path


def cache() -> Path:
    """The one folder outside the clone."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("STEAD_CACHE") or Path(base) / "stead")
