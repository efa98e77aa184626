"""MiniDLNA and nginx as Debian ships them, each with a folder and a config of our own."""

import os
import signal
import sqlite3
import subprocess
import time
import urllib.request
from pathlib import Path

SEARCH = """<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>
<u:Search xmlns:u="urn:schemas-upnp-org:service:ContentDirectory:1"><ContainerID>0</ContainerID>
<SearchCriteria>dc:title contains "{title}"</SearchCriteria><Filter>*</Filter>
<StartingIndex>0</StartingIndex><RequestedCount>5</RequestedCount><SortCriteria></SortCriteria>
</u:Search></s:Body></s:Envelope>"""


class Peer:
    """A server in a session of its own, ended with the block."""

    def __init__(self, command: list[str], log: Path):
        self.command, self.log = command, log
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True)

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self) -> "Peer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class MiniDlna(Peer):
    """Indexes the corpus once at its start; without inotify, as Stead has no watcher either."""

    PORT = 18200

    def __init__(self, folder: Path, media: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.database = folder / "db" / "files.db"
        config = folder / "minidlna.conf"
        config.write_text(
            f"media_dir={media}\ndb_dir={folder / 'db'}\nlog_dir={folder}\nport={self.PORT}\n"
            "network_interface=bench0\nfriendly_name=bench\ninotify=no\nnotify_interval=3600\n"
            f"log_level=general=error\npresentation_url=http://10.99.0.1:{self.PORT}/\n")
        super().__init__(["minidlnad", "-S", "-f", str(config), "-P", str(folder / "pid")], folder / "peer.log")

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://10.99.0.1:{self.PORT}/", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def files(self) -> int:
        """Media files that its database holds; each once, though many containers list them."""
        try:
            with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=2) as database:
                return database.execute("SELECT COUNT(*) FROM DETAILS WHERE MIME IS NOT NULL").fetchone()[0]
        except sqlite3.Error:
            return 0

    def finds(self, title: str) -> bool:
        """Whether its search answers with this title."""
        request = urllib.request.Request(
            f"http://10.99.0.1:{self.PORT}/ctl/ContentDir", SEARCH.format(title=title).encode(),
            {"Content-Type": 'text/xml; charset="utf-8"',
             "SOAPAction": '"urn:schemas-upnp-org:service:ContentDirectory:1#Search"'})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return title.encode() in answer.read()
        except OSError:
            return False


class Nginx(Peer):
    """Serves one folder by http and, with the same certificate as Stead, by https."""

    def __init__(self, folder: Path, media: Path, ports: tuple[int, int], certificate: Path, key: Path):
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "nginx.conf"
        config.write_text(f"""
            user root; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; daemon off;
            events {{ worker_connections 64; }}
            http {{ access_log off; sendfile on; tcp_nopush on; default_type video/mp4;
              client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
              uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
              server {{ listen 127.0.0.1:{ports[0]}; listen 127.0.0.1:{ports[1]} ssl http2; root {media};
                ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.3; }} }}""")
        super().__init__(["nginx", "-p", str(folder), "-c", str(config)], folder / "peer.log")
        self.ports = ports

    def wait(self) -> None:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.ports[0]}/", timeout=1)
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"nginx did not start:\n{self.log.read_text()}")
