"""A `stead serve` of one's own: its folder, its ports, its process; gone when the block ends."""

import os
import random
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

CONFIG = """\
[paths]
data_dir = '{data}'
[net]
https_listen = '127.0.0.1:{https}'
http_listen = '127.0.0.1:{http}'
[media]
roots = ['{media}']
[discovery]
mdns = false
[log]
format = 'text'
"""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different, and below those that the kernel hands out to connections by itself."""
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(12_000, 32_000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        if port not in ports:
            ports.append(port)
    return ports


class Server:
    """Runs the command it is given with `serve`, with a config made for it, on loopback only."""

    def __init__(self, command: list[str], folder: Path, media: Path, patience_s: float = 30):
        self.folder, self.patience_s = folder, patience_s
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self.https_port, self.http_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.log_path = folder / "server.log"
        config = folder / "stead.toml"
        config.write_text(CONFIG.format(data=self.data, https=self.https_port, http=self.http_port,
                                        media=media.resolve()))
        self.command = [*command, "serve", "--config", str(config)]
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> float:
        """Starts it and waits for the first answered request; returns the seconds that took."""
        began = time.monotonic()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        while time.monotonic() - began < self.patience_s:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server stopped by itself ({self.process.returncode}):\n{self.tail()}")
            if self.answers():
                return time.monotonic() - began
            time.sleep(0.002)
        self.stop()
        raise RuntimeError(f"the server gave no answer in {self.patience_s:.0f} s:\n{self.tail()}")

    def answers(self) -> bool:
        """Whether it answers its first page."""
        try:
            with urllib.request.urlopen(f"{self.url}/", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self) -> None:
        """SIGTERM and, if that takes more than the drain's time, SIGKILL to the whole session."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def tail(self) -> str:
        """The end of its log."""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-20:])
