#!/usr/bin/env python3
"""Mail against a real server of another make (aiosmtpd): over STARTTLS with a sign-in, refused, and
while it is away."""

import os
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from kit import client, server  # noqa: E402

BINARY = os.environ.get("STEAD_BIN")
USER, PASSWORD = b"box", b"four grey lanterns"
ADDRESS = "robin@example.net"
PATIENCE_S = 30


class Taken:
    """What a mail server does with a message: keeps it, or refuses an address."""

    def __init__(self):
        self.messages = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("nobody@"):
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        self.messages.append((session.ssl is not None, envelope.rcpt_tos, envelope.content))
        return "250 taken"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost, and its key."""
    pem, key = folder / "mail.pem", folder / "mail.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", str(key), "-out", str(pem)],
        check=True, capture_output=True)
    return pem, key


def mail_server(folder: Path, port: int) -> tuple[Controller, Taken]:
    """A mail server that wants STARTTLS and a password before it takes anything."""
    pem, key = certificate(folder) if not (folder / "mail.pem").exists() else (
        folder / "mail.pem", folder / "mail.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)

    def knows(_server, _session, _envelope, _mechanism, shown):
        right = isinstance(shown, LoginPassword) and (shown.login, shown.password) == (USER, PASSWORD)
        return AuthResult(success=right)

    taken = Taken()
    controller = Controller(
        taken, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True,
        authenticator=knows, auth_required=True, auth_require_tls=True)
    return controller, taken


@unittest.skipUnless(BINARY, "STEAD_BIN names no binary")
class MailTest(unittest.TestCase):
    """One server and its mail server."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        work = Path(self.folder.name)
        (work / "media").mkdir()
        certificate(work)
        (work / "password").write_bytes(PASSWORD + b"\n")
        [self.port] = server.free_ports(1)
        self.box = server.Server([BINARY], work, work / "media")
        config = work / "stead.toml"
        config.write_text(config.read_text() + (
            f"[mail]\nserver = 'localhost'\nport = {self.port}\nfrom = 'Attic <attic@example.net>'\n"
            f"user = '{USER.decode()}'\npassword_file = '{work / 'password'}'\nca = '{work / 'mail.pem'}'\n"))
        self.work = work
        self.box.start()
        self.browser = client.Client(self.box.url)
        client.claim(self.browser, self.box.data)

    def tearDown(self):
        self.box.stop()
        self.folder.cleanup()

    def until(self, holds, what: str):
        """Waits until the mail stands like this."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            standing = self.browser.get("/api/v1/mail")
            if holds(standing):
                return standing
            time.sleep(0.1)
        self.fail(f"{what} is not so: {self.browser.get('/api/v1/mail')}")

    def test_a_message_is_taken_over_tls_after_a_sign_in(self):
        controller, taken = mail_server(self.work, self.port)
        controller.start()
        try:
            with self.assertRaises(client.ApiError):
                self.browser.post("/api/v1/mail/test")  # No address was left.
            self.browser.post("/api/v1/mail-address", {"address": ADDRESS})
            self.browser.post("/api/v1/mail/test")
            standing = self.until(lambda mail: "sent_ms" in mail, "one is sent")
        finally:
            controller.stop()
        self.assertEqual((standing["waiting"], standing["from"]), (0, "Attic <attic@example.net>"))
        [(over_tls, to, content)] = taken.messages
        self.assertTrue(over_tls)
        self.assertEqual(to, [ADDRESS])
        message = message_from_bytes(content, policy=policy.default)
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertIn("can write to you", message["Subject"])
        self.assertIn("asked for in the settings", message.get_content())
        self.assertTrue(message["Message-ID"].endswith(".local>"), message["Message-ID"])

    def test_what_a_mail_server_that_is_away_does_not_take_waits_is_seen_and_is_not_lost(self):
        self.browser.post("/api/v1/mail-address", {"address": ADDRESS})
        self.browser.post("/api/v1/mail/test")
        standing = self.until(lambda mail: "trouble" in mail, "the trouble is seen")
        self.assertEqual(standing["waiting"], 1)
        # It outlives a restart, and goes out once the mail server is back.
        self.box.stop()
        controller, taken = mail_server(self.work, self.port)
        controller.start()
        try:
            self.box.start()
            standing = self.until(lambda mail: "sent_ms" in mail, "it is sent")
        finally:
            controller.stop()
        self.assertEqual(standing["waiting"], 0)
        self.assertNotIn("trouble", standing)
        self.assertEqual(len(taken.messages), 1)

    def test_what_is_refused_for_good_is_told_and_holds_nobody_up(self):
        controller, taken = mail_server(self.work, self.port)
        controller.start()
        try:
            self.browser.post("/api/v1/mail-address", {"address": "nobody@example.net"})
            self.browser.post("/api/v1/mail/test")
            standing = self.until(lambda mail: mail["refused"] == 1, "one is refused")
            self.assertIn("nobody of that name", standing["trouble"])
            self.browser.post("/api/v1/mail-address", {"address": ADDRESS})
            self.browser.post("/api/v1/mail/test")
            standing = self.until(lambda mail: "sent_ms" in mail, "the next is sent")
        finally:
            controller.stop()
        self.assertEqual((standing["refused"], len(taken.messages)), (0, 1))

    def test_a_mail_server_whose_certificate_nobody_vouches_for_is_told_nothing(self):
        other = self.work / "other"
        other.mkdir()
        certificate(other)
        controller, taken = mail_server(other, self.port)
        controller.start()
        try:
            self.browser.post("/api/v1/mail-address", {"address": ADDRESS})
            self.browser.post("/api/v1/mail/test")
            standing = self.until(lambda mail: "trouble" in mail, "the trouble is seen")
        finally:
            controller.stop()
        self.assertEqual((standing["waiting"], taken.messages), (1, []))


if __name__ == "__main__":
    unittest.main()
