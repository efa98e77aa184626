"""The HTTP API as a browser on this machine sees it: cookies kept, JSON in and out."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import ssl
import struct
import time
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

NAME = "owner"
PASSWORD = "correct horse battery staple 7"
SECRET = re.compile(r"#s=([A-Za-z0-9_-]+)")


class ApiError(RuntimeError):
    """An answer that says no; carries the problem's code and sentence."""


class Client:
    """One browser. Requests are made on one kept connection, as a browser would."""

    def __init__(self, url: str, timeout_s: float = 60):
        self.url = url
        self.host = urlsplit(url).netloc
        self.timeout_s = timeout_s
        self.cookies: dict[str, str] = {}
        self._connection: http.client.HTTPConnection | None = None

    def raw(self, method: str, path: str, body: bytes | None = None,
            headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
        """One exchange: status, headers in lower case, body."""
        sent = {"Origin": self.url, "Sec-Fetch-Site": "same-origin", **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        kept = self._connection is not None
        try:
            return self._exchange(method, path, body, sent)
        except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError):
            # A kept connection that the server has closed meanwhile says nothing about it.
            if not kept:
                raise
            return self._exchange(method, path, body, sent)

    def _open(self) -> http.client.HTTPConnection:
        if urlsplit(self.url).scheme == "https":
            # The box's own authority vouches for it, and nobody here has been told of that yet.
            return http.client.HTTPSConnection(self.host, timeout=self.timeout_s,
                                               context=ssl._create_unverified_context())
        return http.client.HTTPConnection(self.host, timeout=self.timeout_s)

    def _exchange(self, method: str, path: str, body: bytes | None,
                  sent: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if self._connection is None:
            self._connection = self._open()
        try:
            self._connection.request(method, path, body, sent)
            answer = self._connection.getresponse()
            content = answer.read()
        except (http.client.HTTPException, OSError):
            self._connection.close()
            self._connection = None
            raise
        self._keep_cookies(answer)
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    def _keep_cookies(self, answer: http.client.HTTPResponse) -> None:
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    def get(self, path: str) -> dict:
        """A JSON answer."""
        return self._json("GET", path, None)

    def post(self, path: str, content: dict | None = None) -> dict:
        """A JSON answer to a JSON body; an empty answer is an empty object."""
        return self._json("POST", path, json.dumps(content or {}).encode())

    def _json(self, method: str, path: str, body: bytes | None) -> dict:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        status, _, content = self.raw(method, path, body, headers)
        if status >= 300:
            raise ApiError(f"{method} {path} → {status}: {content.decode(errors='replace')[:500]}")
        return json.loads(content) if content else {}


def totp(secret_base32: str, at: float | None = None) -> str:
    """The six digits of RFC 6238 with SHA-1 and steps of 30 s, which every authenticator knows."""
    padded = secret_base32.upper() + "=" * (-len(secret_base32) % 8)
    step = int((time.time() if at is None else at) // 30)
    digest = hmac.new(base64.b32decode(padded), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def now_ms() -> int:
    return int(time.time() * 1000)


def claim_secret(data: Path) -> str:
    """The secret of the link in the set-up page, as a person would carry it over."""
    found = SECRET.search((data / "Setup Stead.html").read_text())
    if found is None:
        raise RuntimeError("the set-up page holds no secret link")
    return found.group(1)


def claim(client: Client, data: Path) -> dict:
    """The whole claim by the link of the set-up page, as the wizard does it. Returns what the person keeps."""
    return claim_by(client, {"kind": "link", "secret": claim_secret(data)})


def claim_by(client: Client, proof: dict) -> dict:
    """The whole claim by what shows that somebody has the box in hand."""
    client.post("/api/v1/claim/begin", {"proof": proof, "browser_time_ms": now_ms()})
    factor = client.post("/api/v1/claim/owner",
                         {"name": NAME, "password": PASSWORD})
    codes = client.post("/api/v1/claim/totp", {"code": totp(factor["secret_base32"])})
    kept = codes["recovery_codes"]
    client.post("/api/v1/claim/finish", {"code_tail": kept[0].replace("-", "")[-4:]})
    client.get("/api/v1/me")
    return {"totp_secret": factor["secret_base32"], "recovery_codes": kept}


def add_library(client: Client, name: str, kind: str, path: Path) -> str:
    """Adds a folder; its scan begins by itself. Returns the library's id."""
    made = client.post("/api/v1/libraries", {"name": name, "kind": kind, "path": str(path.resolve())})
    return made.get("library", made)["id"]


def wait_for_scan(client: Client, library: str, patience_s: float = 120, step_s: float = 0.25) -> dict:
    """Waits until the library's scan is over; returns the library as it is listed."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        for row in client.get("/api/v1/libraries")["libraries"]:
            if row["id"] == library and row["scan"]["state"] == "idle" and row["scan"]["files_seen"]:
                return row
        time.sleep(step_s)
    raise RuntimeError(f"the scan was not over after {patience_s:.0f} s")
