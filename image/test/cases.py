"""The cases, one class each. A case starts boxes from disks of its own and says what it expects of them."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import bench as shared
from bench import Bench, answers, browser, claim, environment, slot, version
from lan import EVERYTHING, NETWORK, PHONE, ROUTER, Lan
from machine import BOOT_S, STEP_S, Cable, Machine, expect
from plug import PAGE, Plug
from kit import disk, tables

# What an unconfirmed slot has: three in the product, and one where a run has to be short.
TRIES = 3
# What of memory the service may hold when nobody asks anything: a box of 512 MB has workers beside it.
IDLE_MB_MAX = 48
# Prints who a box is.
IDENTITY = "cat /var/lib/stead/box /etc/machine-id; blkid -s PARTUUID -o value /dev/stead/root-a"
MOUNT_BUNDLES = "mkdir -p /run/bundles && { mountpoint -q /run/bundles || mount -o ro LABEL=bundles /run/bundles; }"


def install(box: Machine, name: str) -> tuple[int, str]:
    """Offers a bundle to the box, as its root unit does."""
    box.shell.told(MOUNT_BUNDLES)
    status, text = box.shell.run(f"rauc install /run/bundles/{name}.raucb 2>&1", BOOT_S)
    box.drain()
    return status, text


def install_and_restart(box: Machine, name: str) -> None:
    """Installs what must be installable, and restarts into it."""
    status, text = install(box, name)
    expect(status == 0, f"the bundle {name} was refused: {text}")
    told = environment(box)
    expect(told["BOOT_ORDER"] == "B A", f"after an update of B the order is {told['BOOT_ORDER']}")
    if TRIES != 3:
        box.shell.told(f"fw_setenv BOOT_B_LEFT {TRIES}")
    restart(box)


def install_by_web(box: Machine, one, file: bytes) -> None:
    """Has an update installed as its owner does, by a browser."""
    status, _, told = one.raw("POST", "/api/v1/system/updates/file", file, {"Content-Type": "application/octet-stream"})
    expect(status == 200, f"the update was not taken: {status} {told[:300]}")
    one.post("/api/v1/system/updates/install", {})
    deadline = time.monotonic() + BOOT_S
    while (view := one.get("/api/v1/system/updates"))["stage"] != "none" or view.get("last", {}).get("outcome") != "waits":
        expect(time.monotonic() < deadline and view["stage"] != "failed", f"it is not installed: {view}")
        box.drain()
        time.sleep(2)


def restart_by_web(box: Machine, one, path: str) -> None:
    """Has the box restart as its owner does, by a browser."""
    box.shell.socket.close()
    box.shell = None
    one.post(f"/api/v1/system/{path}", {})


def few_tries(box: Machine, slot_name: str) -> None:
    """Lets the loader try a slot once, whatever is written to its environment before the box restarts."""
    box.shell.told("systemd-run --unit=few-tries -p Type=oneshot -p RemainAfterExit=yes "
                   f"-p ExecStop='/usr/bin/fw_setenv BOOT_{slot_name}_LEFT 1' /bin/true")


def last(box: Machine, one) -> dict:
    """What the web app tells of the system that was installed or chosen last."""
    answers(box)
    return one.get("/api/v1/system/updates")["last"]


def restart(box: Machine) -> None:
    """Restarts in order."""
    box.shell.socket.sendall(b"sync; systemctl reboot\n")
    box.shell.socket.close()
    box.shell = None


def back_on_a(box: Machine, base: str) -> None:
    """After a bad update: A runs again, of its own accord, is confirmed, and nothing failed."""
    for _ in range(TRIES):
        box.sees("Stead: trying slot B")
    box.sees("Stead: trying slot A")
    box.up()
    box.settled()
    expect(slot(box) == "A" and version(box) == base, f"slot {slot(box)} with {version(box)} runs")
    told = environment(box)
    expect(told["BOOT_A_LEFT"] == "3" and told["BOOT_B_LEFT"] == "0", f"the loader's counts are {told}")


def owned(bench: Bench, target: Path, name: str) -> None:
    """Has the box on this disk claimed."""
    with bench.machine(target, name) as box:
        answers(box)
        box.settled()
        claim(box)
        box.off()


def title(kind: str) -> str:
    """What a film is called, on a stick of this kind."""
    return f"Größe {kind} 日本"


def is_locked(box: Machine, reason: str) -> None:
    """The box answers, says that it is locked and why, there and on its console."""
    told = answers(box)
    expect(told["state"] == "locked" and told.get("reason") == reason, f"of itself the box says {told}")
    box.sees(f"locked: {reason}")
    box.up()


def is_not_well(box: Machine, *names: str) -> None:
    """The box says of itself that these do not work, and nothing else: to a browser, and on its console."""
    deadline = time.monotonic() + BOOT_S
    while True:
        failed = {check["name"] for check in browser(box).get("/api/v1/health")["checks"] if not check["ok"]}
        if failed == set(names):
            break
        # What only just began, as the announcing does, is told as not well.
        expect(time.monotonic() < deadline, f"of itself the box says that {failed or 'nothing'} is not well")
        box.drain()
        time.sleep(2)
    for name in names:
        box.shows(f"{name} is not well")


def log_of(box: Machine) -> str:
    """The last that its journal holds, for a failure's sentence."""
    return box.shell.run("journalctl -b --no-pager | tail -n 40")[1]


def until(box: Machine, command: str, sentence: str, patience_s: float = STEP_S) -> None:
    """Waits until a command on the box holds."""
    deadline = time.monotonic() + patience_s
    while box.shell.run(command)[0] != 0:
        if time.monotonic() > deadline:
            raise AssertionError(f"{sentence}; {log_of(box)}")
        box.drain()
        time.sleep(1)


class Case:
    """One promise, on one architecture."""

    only: tuple[str, ...] = ("arm64", "armhf")
    # The architectures on which it runs only where it is named. Emulation of armhf takes longer, and all cases more
    # than the hour that they may.
    by_name: tuple[str, ...] = ()

    def __init__(self, bench: Bench):
        self.bench, self.name = bench, type(self).__name__
        self.figures: list[str] = []

    def figure(self, name: str, value: float, unit: str = "s", most: float | None = None) -> None:
        """Kept for the end of the run. One that has a bound holds it."""
        held = "none" if most is None else f"{most:g} {'ok' if value <= most else 'short'}"
        self.figures.append(f"figure {self.bench.board.arch}_{name} {value:.1f} {unit} target {held}")
        expect(most is None or value <= most, f"{name} is {value:.1f} {unit}, and may be {most}")

    def run(self) -> None:
        """Raises where the promise does not hold."""
        raise NotImplementedError


class FirstBoot(Case):
    """A flashed disk grows its data, fills its second slot and can be claimed; all of it stays."""

    def run(self) -> None:
        flashed = self.bench.fresh(self.name)
        with self.bench.machine(flashed, self.name) as box:
            answers(box)
            self.figure("boot_to_answer", time.monotonic() - box.started)
            box.up()
            expect(slot(box) == "A", f"a new box starts from {slot(box)}")
            size = int(box.shell.told("df --output=size -B1M /data | tail -n 1"))
            expect(size > 1500, f"the data partition has {size} MiB of a disk with {shared.DISK_BYTES >> 20}")
            expect("zram0" in box.shell.told("swapon --show=NAME --noheadings"), "there is no packed swap")
            box.settled()
            self.figure("boot_to_settled", time.monotonic() - box.started)
            pages = box.shell.told("awk '/^VmRSS:/ {print $2}' /proc/$(systemctl show -P MainPID stead.service)/status")
            self.figure("service_memory_idle", int(pages) * 1024 / 1e6, "MB", IDLE_MB_MAX)
            shared.both_slots(box)
            self.figure("boot_to_both_slots", time.monotonic() - box.started)
            for kind in ("kernel", "root"):
                same, told = box.shell.run(f"cmp /dev/stead/{kind}-a /dev/stead/{kind}-b", BOOT_S)
                expect(same == 0, f"the copy of {kind} differs from its original: {told}")
            self.tells_how_to_claim(box)
            identity = box.shell.told(IDENTITY)
            box.off()
        self.bench.keep_settled(flashed)
        disk.change_text(flashed, "stead.toml", lambda text: f"{text}[net]\r\nplain_playback = \"on-link\"\r\n")
        with self.bench.machine(flashed, self.name) as box:
            answers(box)
            self.figure("later_boot_to_answer", time.monotonic() - box.started)
            box.up()
            box.settled()
            one = claim(box)
            box.shows(r"state +claimed")
            told = one.get("/api/v1/settings")
            expect(told["plain_playback"] == "on-link", f"what stead.toml on the card says does not hold: {told['own_config_problems']}")
            owner = one.get("/api/v1/me")["user"]["id"]
            started = time.monotonic()
            restart(box)
            box.sees("Stead: trying slot A")
            box.up()
            box.settled()
            self.figure("restart_to_settled", time.monotonic() - started)
            expect(answers(box)["claimed"] is True, "after a restart the box is not claimed any more")
            again = box.shell.told(IDENTITY)
            expect(again == identity, f"who the box is changed at its restart: {identity} → {again}")
            kept = browser(box)
            kept.cookies = one.cookies
            expect(kept.get("/api/v1/me")["user"]["id"] == owner, "a browser is not signed in any more after a restart")
            box.off()

    def tells_how_to_claim(self, box: Machine) -> None:
        """Without an owner its screens say so, and the code for whoever stands before them."""
        told = re.search(r"types this code: +(\S+)", box.shell.told("stead open --no-browser --config /etc/stead/stead.toml"))
        expect(told is not None, "a new box has no code to type")
        code = told.group(1)
        box.shows("This Stead has no owner yet")
        box.sees(f"and type +{code}")
        # What a screen would show, though none is plugged in here.
        for words in ("This Stead has no owner yet", code):
            until(box, f"tr -cd ' -~' </dev/vcs1 | grep -qF '{words}'", f"the first screen does not show {words!r}")


class WithoutStead(Case):
    """The same system without its service: how long it takes to a login, to compare."""

    WORDS = ("systemd.mask=stead.socket", "systemd.mask=stead.service", "systemd.mask=stead-health.service",
             "systemd.mask=stead-console@ttyAMA0.service", "systemd.wants=serial-getty@ttyAMA0.service")

    def run(self) -> None:
        target = self.bench.settled(self.name)
        script = self.bench.folder / "boot.scr"
        disk.script(self.bench.board, script, 1_700_000_000, " ".join(self.WORDS))
        made = self.bench.folder / f"{self.name}-loader.disk"
        disk.loader(made, script, 1_700_000_000)
        disk.place(made, target, tables.partition("stead-loader").start)
        with self.bench.machine(target, self.name) as box:
            box.sees("login:")
            self.figure("boot_to_login_without_stead", time.monotonic() - box.started)
            box.up()
            expect(box.shell.run("systemctl is-active stead.service stead.socket")[0] != 0, "Stead runs")


class OwnIdentities(Case):
    """Two boxes flashed from one file share nothing that says who a box is, and a second disk with the same labels is left alone."""

    # A name and a value a line. The file systems' own ids are those of the file: nothing here goes by them.
    WHO = ("echo machine $(cat /etc/machine-id); echo box $(cat /var/lib/stead/box); echo name $(hostname); "
           "for one in /dev/stead/*; do echo $one $(blkid -s PARTUUID -o value $one); done; "
           "echo disk $(blkid -p -s PTUUID -o value /dev/$(lsblk -nro PKNAME $(findmnt -nro SOURCE /))); "
           "for one in ca.key ca.pem leaf.key; do echo $one $(find /var/lib/stead -name $one -exec cat {} + | sha256sum); done; "
           "echo secret $(grep -om1 '#s=[A-Za-z0-9_-]*' '/var/lib/stead/Setup Stead.html')")

    def who(self, box: Machine) -> dict[str, str]:
        """All that says who a box is."""
        told = dict(line.split(" ", 1) for line in box.shell.told(self.WHO).splitlines() if " " in line)
        server = answers(box)
        told |= {"id": server["id"], "host name": server["host_name"]}
        nothing = hashlib.sha256(b"").hexdigest()
        expect(len(told) == 17 and not any(nothing in value for value in told.values()), f"something that says who a box is, is not there: {told}")
        expect(box.shell.run("[ ! -e /etc/ssh ] && [ ! -e /etc/dropbear ]")[0] == 0, "there are keys of a host")
        return told

    def run(self) -> None:
        one, two = self.bench.fresh(f"{self.name}-1"), self.bench.fresh(f"{self.name}-2")
        beside = ["-drive", f"if=none,id=second,file={two},format=raw", "-device", "virtio-blk-pci,drive=second"]
        with self.bench.machine(one, self.name, beside) as box:
            box.up()
            box.settled()
            disks = box.shell.told("lsblk -nrdo NAME,TYPE | grep -c disk || true")
            expect(int(disks) >= 2, "the second disk is not there")
            ours = box.shell.told("lsblk -nro PKNAME $(findmnt -nro SOURCE /)")
            links = box.shell.told("for one in /dev/stead/*; do lsblk -nro PKNAME $(readlink -f $one); done | sort -u")
            expect(links == ours, f"/dev/stead names partitions of {links}, and {ours} was started from")
            expect(len(box.shell.told("ls /dev/stead").split()) == 7, "a name is missing in /dev/stead")
            shared.both_slots(box)
            first = self.who(box)
            box.off()
        with two.open("rb") as after, self.bench.fresh(f"{self.name}-3").open("rb") as before:
            places = [(one.label, one.start, one.size) for one in tables.partitions()]
            for label, start, size in [("its table", 0, 1 << 20), *places, ("its end", shared.DISK_BYTES - 34 * 512, 34 * 512)]:
                for at in range(start, min(start + size, shared.DISK_BYTES), 1 << 20):
                    after.seek(at)
                    before.seek(at)
                    expect(after.read(1 << 20) == before.read(1 << 20), f"the other disk was written to, in {label} at {at:#x}")
        with self.bench.machine(two, self.name) as box:
            box.up()
            box.settled()
            second = self.who(box)
            same = [name for name, value in first.items() if value in second.values()]
            expect(not same, f"two boxes of one file have these in common: {', '.join(same)}")


class GoodUpdate(Case):
    """An update is installed into B, starts, is confirmed, and keeps what the box knew."""

    def run(self) -> None:
        with self.bench.machine(self.bench.settled(self.name), self.name, self.bench.bundles()) as box:
            box.up()
            box.settled()
            identity = box.shell.told("cat /var/lib/stead/box")
            started = time.monotonic()
            install_and_restart(box, "good")
            self.figure("install", time.monotonic() - started)
            box.sees("Stead: trying slot B")
            box.up()
            box.settled()
            self.figure("update", time.monotonic() - started)
            expect(slot(box) == "B", f"after the update slot {slot(box)} runs")
            expect(version(box) == f"{self.bench.base}.1", f"after the update {version(box)} runs")
            told = environment(box)
            expect(told["BOOT_ORDER"] == "B A" and told["BOOT_B_LEFT"] == "3", f"B is not confirmed: {told}")
            expect(box.shell.told("cat /var/lib/stead/box") == identity, "the box is another one after its update")
            answers(box)
            box.off()


class UpdateByWeb(Case):
    """The owner sends an update by the browser, has it installed and restarts, and starts the other system again; what does not work is told afterwards, with its reason."""

    # What it sees of an update GoodUpdate and BadUpdate see there, too.
    by_name = ("armhf",)

    def disk(self) -> Path:
        """What it begins with."""
        return self.bench.settled(self.name)

    def run(self) -> None:
        with self.bench.machine(self.disk(), self.name) as box:
            answers(box)
            self.figure("boot_to_answer", time.monotonic() - box.started)
            box.up()
            box.settled()
            identity = box.shell.told(IDENTITY)
            one = claim(box)
            # Where its disk was just flashed, the second slot is being filled still.
            started = time.monotonic()
            install_by_web(box, one, self.bench.bundle("good"))
            restart_by_web(box, one, "restart")
            self.came_back(box, "B", "B")
            told = last(box, one)
            expect(told == {"version": f"{self.bench.base}.1", "outcome": "runs"}, f"what became of the good one: {told}")
            self.figure("update_by_web_good", time.monotonic() - started)

            restart_by_web(box, one, "updates/switch")
            self.came_back(box, "A", "A")
            told = last(box, one)
            expect(told == {"chosen": "A", "outcome": "runs"}, f"what became of the choice of what was flashed: {told}")

            started = time.monotonic()
            install_by_web(box, one, self.bench.bundle("bad"))
            # All its tries are counted elsewhere (BadUpdate).
            few_tries(box, "B")
            restart_by_web(box, one, "restart")
            self.came_back(box, "B", "A")
            told = last(box, one)
            bad = {"version": f"{self.bench.base}.2", "outcome": "left", "reason": told.get("reason", "")}
            expect(told == bad and shared.MISTAKE in bad["reason"], f"what became of the bad one: {told}")
            self.figure("update_by_web_bad", time.monotonic() - started)

            few_tries(box, "B")
            restart_by_web(box, one, "updates/switch")
            self.came_back(box, "B", "A")
            told = last(box, one)
            expect(told == {**bad, "chosen": "B"}, f"what became of the choice of the bad one: {told}")
            expect(box.shell.told(IDENTITY) == identity, "the box is another one after its updates")

    def came_back(self, box: Machine, tried: str, runs: str) -> None:
        """It has tried one slot, and one of them runs and is confirmed."""
        for name in dict.fromkeys((tried, runs)):
            box.sees(f"Stead: trying slot {name}")
        box.up()
        box.settled()
        expect(slot(box) == runs, f"slot {slot(box)} runs after {tried} was tried")


class Smoke(UpdateByWeb):
    """The same from a disk that was just flashed, whose second slot is not filled yet: the shortest run that sees a box begin, update itself and undo an update."""

    by_name = ("arm64", "armhf")

    def disk(self) -> Path:
        return self.bench.fresh(self.name)


class BadUpdate(Case):
    """An update whose server ends at once is left for the slot before, unaided; the web app says why."""

    def run(self) -> None:
        with self.bench.machine(self.bench.settled(self.name), self.name) as box:
            answers(box)
            box.up()
            box.settled()
            one = claim(box)
            install_by_web(box, one, self.bench.bundle("bad"))
            if TRIES != 3:
                few_tries(box, "B")
            restart_by_web(box, one, "restart")
            started = time.monotonic()
            back_on_a(box, self.bench.base)
            self.figure("rollback", time.monotonic() - started)
            told = last(box, one)
            expect(told["outcome"] == "left" and told["version"] == f"{self.bench.base}.2", f"what became of the update: {told}")
            expect("/etc/stead/stead.toml" in told["reason"] and shared.MISTAKE in told["reason"], f"the reason is {told['reason']!r}")


class UpdateWithoutData(Case):
    """An update that does not find the box's data is left, though its server answers and explains itself; why is known afterwards."""

    def run(self) -> None:
        with self.bench.machine(self.bench.settled(self.name), self.name) as box:
            answers(box)
            box.up()
            box.settled()
            one = claim(box)
            install_by_web(box, one, self.bench.bundle("no-data"))
            # All its tries are counted elsewhere (BadUpdate).
            few_tries(box, "B")
            restart_by_web(box, one, "restart")
            box.sees("Stead: trying slot B")
            box.sees("locked: data_missing")
            box.sees("Stead: trying slot A")
            box.up()
            box.settled()
            expect(slot(box) == "A" and answers(box)["state"] == "claimed", f"slot {slot(box)} runs: {answers(box)}")
            told = last(box, one)
            expect(told["outcome"] == "left" and "locked: data_missing" in told.get("reason", ""), f"what became of the update: {told}")


class KeepsWhatWorked(Case):
    """A system that worked before stays where its server fails, and the screen says why; a restart would take that away."""

    def run(self) -> None:
        target = self.bench.settled(self.name)
        with self.bench.machine(target, self.name) as box:
            box.up()
            box.settled()
            here = f"slot=A version={self.bench.base}"
            block = tables.state()["confirmed"][0] // 512
            known = box.shell.told(f"dd if=/dev/stead/state bs=512 skip={block} count=1 status=none | tr -d '\\0'")
            expect(known == here, f"what proved itself is remembered as {known!r}")
            box.off()
        disk.run("debugfs", "-w", "-R", "feature read-only", f"{target}?offset={tables.partition('stead-data').start}")
        with self.bench.machine(target, self.name) as box:
            box.sees("The last that it said:")
            box.sees("/var/lib/stead cannot be written")
            box.up()
            deadline = time.monotonic() + BOOT_S
            while f"{here} does not answer, but worked before" not in (told := box.shell.told("journalctl -b -u stead-fall-back --no-pager -o cat")):
                expect(time.monotonic() < deadline, "the gate that did not open has no end")
                box.drain()
                time.sleep(2)
            expect("/var/lib/stead cannot be written" in told, f"it is not known why: {told}")
            # Else the fourth start would be one of the other slot.
            deadline = time.monotonic() + STEP_S
            while environment(box)["BOOT_A_LEFT"] != "3":
                expect(time.monotonic() < deadline, f"the start counts: {environment(box)}")
                time.sleep(1)
            box.shell.told("tune2fs -O ^read-only /dev/stead/data && mount -o remount,rw /data")
            answers(box)


class PanickingKernel(Case):
    """A kernel that panics restarts, counts, and gives way to the slot before."""

    def run(self) -> None:
        with self.bench.machine(self.bench.settled(self.name), self.name, self.bench.bundles()) as box:
            box.up()
            box.settled()
            install_and_restart(box, "panic")
            back_on_a(box, self.bench.base)


class GarbageRoot(Case):
    """A root file system of garbage gives way to the slot before."""

    def run(self) -> None:
        with self.bench.machine(self.bench.settled(self.name), self.name, self.bench.bundles()) as box:
            box.up()
            box.settled()
            install_and_restart(box, "garbage")
            back_on_a(box, self.bench.base)


class RefusedBundles(Case):
    """What is older, for another board, signed by a stranger, torn or changed is refused, and nothing is written."""

    def run(self) -> None:
        with self.bench.machine(self.bench.settled(self.name), self.name, self.bench.bundles()) as box:
            box.up()
            box.settled()
            before = box.shell.told("fw_printenv; cksum </dev/stead/root-b", BOOT_S)
            for name in ("older", "other-board", "foreign", "torn", "tampered"):
                status, text = install(box, name)
                expect(status != 0, f"the bundle {name} was installed: {text}")
            # The server asks for an install by the helper, and by nobody else.
            for user, is_heard in (("stead", False), ("root", True)):
                status, text = box.shell.run(f"setpriv --reuid={user} --regid={user} --clear-groups busctl get-property "
                                             "de.pengutronix.rauc / de.pengutronix.rauc.Installer Operation 2>&1")
                expect((status == 0) == is_heard, f"rauc's bus tells {user}: {text}")
            after = box.shell.told("fw_printenv; cksum </dev/stead/root-b", BOOT_S)
            expect(after == before, "a refused bundle changed the boot order or the second slot")
            box.settled()


class CorruptEnvironment(Case):
    """A torn environment is read from its copy; where both are torn, defaults boot, the box says so, and both are whole again."""

    def run(self) -> None:
        target = self.bench.settled(self.name)
        start = tables.partition("stead-state").start
        places = tables.state()
        for torn in (("environment",), ("environment", "environment-copy")):
            with target.open("r+b") as file:
                for name in torn:
                    file.seek(start + places[name][0] + 100)
                    file.write(b"\xa5" * 1000)
            with self.bench.machine(target, self.name) as box:
                if len(torn) == 2:
                    box.sees("the stored boot order is damaged")
                box.sees("Stead: trying slot A")
                box.up()
                box.settled()
                expect(slot(box) == "A" and environment(box)["BOOT_ORDER"] == "A B", "the boot order is another one")
                is_not_well(box, *(["boot_order"] if len(torn) == 2 else []))
                box.off()
            whole = shared.environments(target)
            expect(len(whole) == 2, f"after a start only the {', '.join(whole)} is whole")


class ForgedEnvironment(Case):
    """The server may write the loader's environment and the FAT partition: it says no word to the kernel by that, and stops no start, also where no slot has a try left."""

    def run(self) -> None:
        target = self.bench.settled(self.name)
        # Also where the partition with the right script is read no longer.
        script = self.bench.folder / f"{self.name}-forged.disk"
        disk.script(self.bench.board, script, 1_700_000_000, "stead.forged=1")
        for name in ("boot.scr", "boot.scr.uimg"):
            disk.run("mcopy", "-o", "-i", f"{target}@@{tables.partition('stead-boot').start}", script, f"::{name}")
        one = tables.partition("stead-loader")
        with target.open("r+b") as file:
            file.seek(one.start)
            file.write(bytes(one.size))
        with self.bench.machine(target, self.name) as box:
            box.sees("Stead: trying slot A")
            box.up()
            box.settled()
            told = box.shell.told("cat /proc/cmdline")
            expect("forged" not in told, f"the kernel was told {told}")
            box.shell.told("fw_setenv BOOT_A_LEFT '0 stead.forged=1'; fw_setenv BOOT_B_LEFT '*ffffffff'; fw_setenv BOOT_ORDER 'B A'")
            restart(box)
            box.sees("Stead: trying slot B")
            box.up()
            told = box.shell.told("cat /proc/cmdline")
            expect("forged" not in told, f"the kernel was told {told}")
            box.settled()
            box.shell.told("echo 'BOOT_ORDER=-n' | fw_setenv -s -")
            restart(box)
            # The loader's copy holds the order of before.
            box.sees("Stead: trying slot B")
            box.up()
            box.settled()
            expect(environment(box)["BOOT_ORDER"] == "B A", f"the environment is {environment(box)}")
            box.shell.told("fw_setenv BOOT_A_LEFT 0 && fw_setenv BOOT_B_LEFT 0")
            restart(box)
            box.sees("Stead: no slot has a try left; all begin anew")
            box.sees(r"Stead: trying slot B \(A 3, B 2 left\)")
            box.up()
            box.settled()
            told = environment(box)
            expect((told["BOOT_A_LEFT"], told["BOOT_B_LEFT"]) == ("3", "3"), f"after all began anew the loader's counts are {told}")
            # B runs: A is copied over nothing by that order, and nothing over what an update has brought.
            box.shell.told("mkdir -p /data/rauc && printf '[slot.root.0]\nstatus=ok\n' >/data/rauc/central.raucs")
            for order, why in (("A", "and slot 'B' runs"), ("B", "an update has filled slot a")):
                box.shell.told(f"fw_setenv BOOT_ORDER {order}")
                status, _ = box.shell.run("systemctl restart stead-second-slot.service")
                said = box.shell.told("journalctl -b -u stead-second-slot.service --no-pager -o cat")
                expect(status != 0 and why in said, f"with the order {order} a slot was copied: {said}")


class DamagedData(Case):
    """A data partition whose file system is damaged as far as a check can mend is mended, and the box is who it was."""

    def run(self) -> None:
        target = self.bench.settled(self.name)
        owned(self.bench, target, self.name)
        place = f"{target}?offset={tables.partition('stead-data').start}"
        # A wrong checksum of a folder is nothing that a check mends unasked; the state says that one is due.
        for command in ("zap_block -f /lost+found -o 4092 -l 4 -p 0xa5 0", "set_super_value state 2"):
            disk.run("debugfs", "-w", "-R", command, place)
        with self.bench.machine(target, self.name) as box:
            expect(answers(box)["state"] == "claimed", f"of itself the box says {answers(box)}")
            box.up()
            box.settled()
            mended = box.shell.told("journalctl -b -u systemd-fsck@dev-stead-data.service --no-pager -o cat")
            expect("lost+found" in mended or "checksum" in mended, f"the check says {mended}")


class CorruptBootScript(Case):
    """Where the loader's partition and the FAT one are garbage, the boot script of the kernel slot starts the box, which says what is wrong with it."""

    # What is wrong is wrong, and all the rest works.
    FAILED = ("boot-stead.mount",)

    def run(self) -> None:
        target = self.bench.settled(self.name)
        owned(self.bench, target, self.name)
        with target.open("r+b") as file:
            for label, size in (("stead-loader", 1 << 20), ("stead-boot", 4 << 20)):
                file.seek(tables.partition(label).start)
                file.write(hashlib.shake_256(label.encode()).digest(size))
        with self.bench.machine(target, self.name) as box:
            box.sees("Stead: trying slot A")
            box.sees("card is not well")
            answers(box)
            box.up()
            box.settled(failed=self.FAILED)
            is_not_well(box, "card")


class NoDataPartition(Case):
    """A claimed box whose data partition is garbage still starts, is locked and says why, on its console too, and does not touch what is there."""

    def run(self) -> None:
        target = self.bench.settled(self.name)
        one = tables.partition("stead-data")
        garbage = hashlib.shake_256(b"data").digest(1 << 20)
        owned(self.bench, target, self.name)
        with target.open("r+b") as file:
            file.seek(one.start)
            file.write(garbage)
        with self.bench.machine(target, self.name) as box:
            is_locked(box, "data_missing")
            box.off()
        with target.open("rb") as file:
            file.seek(one.start)
            expect(file.read(1 << 20) == garbage, "the damaged data partition was written to")


class DataOfAnotherBox(Case):
    """The data partition of another box, put into one that has an owner, locks it."""

    def run(self) -> None:
        theirs, ours = self.bench.settled(f"{self.name}-theirs"), self.bench.fresh(self.name)
        for target in (theirs, ours):
            owned(self.bench, target, self.name)
        start = tables.partition("stead-data").start
        with theirs.open("rb") as source, ours.open("r+b") as target:
            source.seek(start)
            target.seek(start)
            shutil.copyfileobj(source, target, 1 << 20)
        with self.bench.machine(ours, self.name) as box:
            is_locked(box, "database_replaced")
            # A gate that lets a version by only with its accounts; this one worked before, so it stays.
            box.settled(failed=("stead-health.service",))


def place(first: str, last: str | None = None) -> range:
    """Where this partition lies on the disk, or where all from it to the last lie."""
    end = tables.partition(last or first)
    return range(tables.partition(first).start, end.start + end.size)


def known(path: Path, start: int = 0, size: int | None = None) -> tuple[int, str]:
    """The size of a file, or of a part of it, and its SHA-256."""
    size = path.stat().st_size if size is None else size
    digest, left = hashlib.sha256(), size
    with path.open("rb") as file:
        file.seek(start)
        while left and (piece := file.read(min(left, 1 << 20))):
            digest.update(piece)
            left -= len(piece)
    return size, digest.hexdigest()


class Cuts(Case):
    """A case whose plug is pulled. Which write it is, and what is lost of all that was not flushed, is chance (plug.py); STEAD_SEED repeats a run."""

    SLOT, STATE = place("stead-kernel-b", "stead-root-b"), place("stead-state")

    def __init__(self, bench: Bench):
        super().__init__(bench)
        self.plug: Plug | None = None
        # What B may hold beside a copy of A, once it is known.
        self.good: dict[str, tuple[int, str]] | None = None

    @cached_property
    def own(self) -> dict[str, tuple[int, str]]:
        """What A holds."""
        return {kind: known(self.bench.slot_image(kind)) for kind in ("kernel", "root")}

    def chance(self) -> random.Random:
        """All the chance of a run; what repeats it is printed."""
        seed = int(os.environ.get("STEAD_SEED") or random.SystemRandom().randrange(1 << 32))
        print(f"     {self.bench.board.arch} {self.name} with STEAD_SEED={seed}", flush=True)
        return random.Random(seed)

    def started(self) -> Machine:
        """The box whose plug is pulled."""
        return self.bench.machine(self.plug, self.name)

    def ready(self, box: Machine) -> None:
        """Waits until a command can be given."""
        raise NotImplementedError

    def cut(self, command: str | None, where: range, after: int, torn: str | None = None, tears: bool = True) -> None:
        """Pulls the plug of a box that does this, or that just starts, in the write there that follows so many bytes."""
        if command is None:
            self.plug.arm(where, after, tears)
        with self.started() as box:
            if command is not None:
                self.ready(box)
                self.plug.arm(where, after, tears)
                # One that ends without that write is told at once.
                box.shell.socket.sendall(f"({command}; poweroff -f) >/dev/null 2>&1 &\n".encode())
            self.plug.wait(box)
        told = f"after a cut in {where.start:#x}–{where.stop:#x}, {after} bytes into `{command or 'a start'}`"
        whole = shared.environments(self.plug.disk)
        expect(bool(whole), f"{told} no copy of the environment is whole")
        expect(torn not in whole, f"{told} the {torn} is whole")
        counts = next(iter(whole.values()))
        if "B" in counts["BOOT_ORDER"] and counts["BOOT_B_LEFT"] != "0":
            expect(self.is_whole_b(), f"{told} the loader would try B, which is not whole: {counts}")

    def is_whole_b(self) -> bool:
        """Whether B holds all of one system."""
        def holds(images: dict[str, tuple[int, str]] | None) -> bool:
            return images is not None and all(known(self.plug.disk, tables.partition(f"stead-{kind}-b").start, size)[1] == digest
                                              for kind, (size, digest) in images.items())
        return holds(self.own) or holds(self.good)


class PowerCut(Cuts):
    """The plug of a box that has an owner is pulled while an update and the loader's environment are written: it boots each time, into a slot that is whole, and loses nothing."""

    INSTALL = "rauc install /run/bundles/good.raucb"
    # What has its value already is not written again.
    CONFIRM = "while fw_setenv BOOT_A_LEFT 2 && rauc status mark-good; do :; done"
    # How often an install writes the environment at its end, where one before was cut off: what B has left, and the order.
    WRITES = 2

    def run(self) -> None:
        chance = self.chance()
        one_write = tables.state()["environment"][1]
        self.owner = None
        slot_bytes = sum(size for size, _ in self.own.values())
        with Plug(self.bench.settled(self.name), chance) as self.plug:
            self.cut(self.INSTALL, self.SLOT, chance.randrange(slot_bytes))
            self.cut(self.CONFIRM, self.STATE, chance.randrange(8) * one_write, torn="environment")
            # The environment is torn now: the loader mends it before it writes its copy of it.
            self.cut(None, self.STATE, 0, torn="environment")
            self.cut(None, self.STATE, one_write, torn="environment-copy")
            # Emulation of the other architecture takes twice as long.
            if self.bench.board.arch == "arm64":
                self.cut(self.INSTALL, self.SLOT, chance.randrange(slot_bytes))
            self.cut(self.INSTALL, self.STATE, chance.randrange(self.WRITES) * one_write, torn="environment")
            with self.started() as box:
                self.is_well(box, "A")
                status, text = install(box, "good")
                told = environment(box)
                expect(status == 0 and told["BOOT_ORDER"] == "B A", f"after all that an update was refused: {text}; {told}")
                box.off()
            self.cut(None, self.STATE, 0, torn="environment-copy")
            # What the loader writes, and then the box, once its gate has opened.
            self.cut(None, self.STATE, 2 * one_write, torn="environment")
            with self.started() as box:
                self.is_well(box, "B")
                told = environment(box)
                expect(told["BOOT_ORDER"] == "B A" and told["BOOT_B_LEFT"] == "3", f"B is not confirmed: {told}")

    def started(self) -> Machine:
        return self.bench.machine(self.plug, self.name, self.bench.bundles())

    def ready(self, box: Machine) -> None:
        self.is_well(box, "A")

    def is_well(self, box: Machine, runs: str) -> None:
        """The box runs this slot, is somebody's, still knows the browser of its owner, and has both copies of its environment."""
        answers(box)
        box.up()
        box.settled()
        box.shell.told(MOUNT_BUNDLES)
        if self.owner is None:
            one = claim(box)
            self.owner = (one.cookies, one.get("/api/v1/me")["user"]["id"], box.shell.told(IDENTITY))
            told = json.loads(box.shell.told("rauc info --output-format=json /run/bundles/good.raucb 2>/dev/null", BOOT_S))
            self.good = {kind: (one["size"], one["checksum"]) for row in told["images"] for kind, one in row.items()}
        cookies, user, identity = self.owner
        kept = browser(box)
        kept.cookies = cookies
        expect(answers(box)["state"] == "claimed" and kept.get("/api/v1/me")["user"]["id"] == user, "the owner is not signed in any more")
        expect(box.shell.told(IDENTITY) == identity, "the box is another one after a power cut")
        wanted = self.bench.base if runs == "A" else f"{self.bench.base}.1"
        expect(slot(box) == runs and version(box) == wanted, f"slot {slot(box)} with {version(box)} runs")
        expect(runs == "A" or self.is_whole_b(), "B runs, and is not whole")
        whole = shared.environments(self.plug.disk)
        expect(len(whole) == 2, f"after a start only the {', '.join(whole)} is whole")


class CutsAtFirstBoot(Cuts):
    """The plug is pulled while a new box writes its partition table, grows its data, fills its second slot and adds that to the boot order: it boots each time, has all of it in the end, and stays who it is.

    The first page of the disk is left as it was before or after a write: no loader finds a table where that is in
    pieces, and whoever has just flashed a disk flashes it again.
    """

    # How many bytes go before each step in which a copy of the table is written, and that is flushed: its entries, which
    # are five pages, its header, and at the front, which comes after the end, what keeps other systems off such a disk.
    ENTRIES, HEADER, REST = 0, 5 * PAGE, 6 * PAGE
    # The service that fills the slot waits while somebody else has this (image/rootfs/usr/lib/stead/second-slot).
    LOCK = "exec 8>/run/lock/stead-second-slot && flock -n 8"
    FILL = "flock -u 8; systemctl start stead-second-slot.service"

    def run(self) -> None:
        chance = self.chance()
        data = place("stead-data")
        front, end = range(tables.MIB), range(shared.DISK_BYTES - tables.MIB, shared.DISK_BYTES)
        with Plug(self.bench.fresh(self.name), chance) as self.plug:
            # Behind a copy that was never whole the one at the front is the old one still, and both are written again.
            self.cut(None, end, chance.choice((self.ENTRIES, self.HEADER)))
            self.cut(None, front, chance.choice((self.ENTRIES, self.HEADER, self.REST)), tears=False)
            # What lies behind the data partition as it was flashed is written once that grows.
            self.cut(None, range(data.stop, end.start), 0)
            self.cut(None, self.SLOT, chance.randrange(len(self.SLOT)))
            self.cut(self.FILL, self.STATE, 0, torn="environment")
            with self.started() as box:
                answers(box)
                box.up()
                box.settled()
                shared.both_slots(box)
                told = box.shell.told(IDENTITY)
                expect(told == self.identity, f"who the box is changed by a power cut: {self.identity} → {told}")
                size = int(box.shell.told("df --output=size -B1M /data | tail -n 1"))
                expect(size > 1500, f"the data partition has {size} MiB of a disk with {shared.DISK_BYTES >> 20}")
                box.off()
            expect(self.is_whole_b(), "the second slot is no copy of the first")

    def ready(self, box: Machine) -> None:
        """The box works, and its second slot is about to be filled."""
        box.up()
        until(box, "systemctl is-active --quiet sysinit.target", "the system does not begin", BOOT_S)
        box.shell.told(self.LOCK)
        until(box, "systemctl is-active --quiet stead-mark-good.service", "the first slot does not prove itself", BOOT_S)
        self.identity = box.shell.told(IDENTITY)


class Clock(Case):
    """A box whose clock stands in 1970, and one thirty years ahead, start and answer; a box remembers what the time was last."""

    PAST, FUTURE = datetime(1970, 1, 1, 0, 0, 10, tzinfo=UTC), datetime(2056, 1, 1, tzinfo=UTC)

    def run(self) -> None:
        target = self.bench.settled(self.name)
        with self.started(target, self.PAST) as box:
            self.is_up(box, self.PAST)
            # As after an answer of a time server: there is none here.
            box.shell.told("touch -d 2027-05-01 /var/lib/systemd/timesync/clock")
            box.off()
        with self.started(target, self.PAST) as box:
            self.is_up(box, self.PAST)
            month = box.shell.told("date -u +%Y-%m")
            expect(month == "2027-05", f"a box that knew May 2027 starts in {month}")
            box.off()
        with self.started(self.bench.settled(self.name), self.FUTURE) as box:
            self.is_up(box, self.FUTURE)

    def started(self, target: Path, moment: datetime) -> Machine:
        return self.bench.machine(target, self.name, ["-rtc", f"base={moment:%Y-%m-%dT%H:%M:%S}"])

    def is_up(self, box: Machine, moment: datetime) -> None:
        """It answers, and it did begin with this moment: its clock goes on from there, and the kernel took the time from it."""
        box.up()
        box.settled()
        answers(box)
        gone = int(box.shell.told("cat /sys/class/rtc/rtc0/since_epoch")) - int(moment.timestamp())
        expect(0 <= gone <= 2 * BOOT_S, f"the clock of the machine is {gone} s from {moment}")
        told = box.shell.told("journalctl -k -b --no-pager -o cat | grep -o 'setting system clock to .*' || true")
        # A kernel of 32 bits takes nothing beyond 2038: it begins with 1970.
        taken = moment == self.PAST or self.bench.board.arch == "arm64"
        expect(told.startswith(f"setting system clock to {moment:%Y-%m-%d}T") == taken, f"of the time at its start the kernel says {told!r}")


class FullData(Case):
    """A data partition without a free byte still boots to a box that answers, and says so."""

    def run(self) -> None:
        target = self.bench.settled(self.name)
        with self.bench.machine(target, self.name) as box:
            box.up()
            box.settled()
            claim(box)
            box.shell.run("cat /dev/zero >/data/filler; sync", BOOT_S)
            box.off()
        with self.bench.machine(target, self.name) as box:
            box.up()
            answers(box)
            # The server has given up its reserve of 32 MB.
            used = int(box.shell.told("df --output=pcent /data | tail -n 1").strip().rstrip("%"))
            expect(used >= 97, f"the data partition is full to {used} %")
            box.settled()
            is_not_well(box, "data_folder")
            box.off()


class FrozenService(Case):
    """A service that no longer answers is ended by systemd's watchdog and comes back."""

    def run(self) -> None:
        with self.bench.machine(self.bench.settled(self.name), self.name) as box:
            box.up()
            box.settled()
            before = box.shell.told("systemctl show -P MainPID stead.service")
            box.shell.told("systemctl kill --kill-whom=main -s STOP stead.service")
            deadline = time.monotonic() + BOOT_S
            while box.shell.told("systemctl show -P MainPID stead.service") in (before, "0"):
                expect(time.monotonic() < deadline, "the frozen service was not started anew")
                box.drain()
                time.sleep(2)
            answers(box)


class HungKernel(Case):
    """A kernel that hangs, and a PID 1 that no longer runs, are ended by the board's watchdog."""

    only = ("arm64",)
    # A panic that is told to wait for ever is a kernel that hangs.
    WAYS = ("sysctl -q kernel.panic=0; echo c >/proc/sysrq-trigger", "kill -SEGV 1")

    def run(self) -> None:
        dog = ["-device", "i6300esb", "-action", "watchdog=reset"]
        with self.bench.machine(self.bench.settled(self.name), self.name, dog) as box:
            for way in self.WAYS:
                box.up()
                box.settled()
                expect(box.shell.run("test -c /dev/watchdog0")[0] == 0, "the watchdog has no driver")
                box.shell.socket.sendall(f"{way}\n".encode())
                box.sees("Stead: trying slot A", 600)
                box.shell.socket.close()
                box.shell = None
            box.up()
            box.settled()


class SmallMemory(Case):
    """With 512 MB disks as people have them are read by themselves when they are plugged in, and all on them is found and plays; one of them is made empty as its owner does; the kernel ends nothing for want of memory."""

    # What the sticks are made by, on the box, which has it to look after them: not every machine that tests can write exFAT.
    STICKS = {"vfat": "mkfs.vfat -I", "exfat": "mkfs.exfat", "ntfs": "mkntfs -Q -F"}
    # As most are sold; the others are one file system as a whole.
    WITH_A_TABLE = ("exfat", "ntfs")
    FILM = "Films/Sample Tides (2021)/Sample Tides (2021).mp4"

    def run(self) -> None:
        more = [*self.bench.media(), *self.bench.sticks(self.name, tuple(self.STICKS))]
        with self.bench.machine(self.bench.settled(self.name), self.name, more, memory_mb=512) as box:
            answers(box)
            box.up()
            box.settled()
            for kind in self.STICKS:
                self.fill(box, kind)
            one = claim(box)
            for kind in self.STICKS:
                box.stick(kind, True)
            folders = self.attached(box, one, {"ext4", *self.STICKS})
            own = box.shell.told("lsblk --noheadings --output PKNAME /dev/stead/root-a").strip()
            shown = [one_of_them["name"] for one_of_them in one.get("/api/v1/disks")["disks"]]
            expect(len(shown) == 1 + len(self.STICKS) and own not in shown, f"of {shown} {own} is the box's own")
            library = shared.client.add_library(one, "All", "mixed", folders["ext4"])
            row = shared.client.wait_for_scan(one, library, BOOT_S, 2)
            expect(row["items"] > 5, f"what is on the disk was not found: {row}")
            for kind in self.STICKS:
                library = shared.client.add_library(one, kind, "films", folders[kind])
                shared.client.wait_for_scan(one, library, BOOT_S, 2)
                self.plays(one, kind)
            for folder in folders.values():
                expect(box.shell.run(f"touch {folder}/x")[0] != 0, f"the disk of people can be written: {folder}")
            for into in (False, True):
                for kind in self.STICKS:
                    box.stick(kind, into)
                self.attached(box, one, {"ext4", *self.STICKS} if into else {"ext4"})
            for kind in self.STICKS:
                self.plays(one, kind)
            self.is_made_empty(box, one, "vfat")
            killed = box.shell.told("journalctl -k -b --no-pager -o cat | grep -ci 'out of memory' || true")
            expect(killed.strip() == "0", "the kernel ended something for want of memory")
            box.settled()

    def fill(self, box: Machine, kind: str) -> None:
        """Makes a file system on a stick, with a film whose name is of more than one alphabet."""
        box.stick(kind, True)
        until(box, "test -b /dev/sda", "a stick is not seen")
        device = "/dev/sda"
        if kind in self.WITH_A_TABLE:
            box.shell.told("echo 'start=2048, type=7' | sfdisk --quiet /dev/sda && udevadm settle")
            device = "/dev/sda1"
        box.shell.told(f"{self.STICKS[kind]} {device} && mkdir -p /run/films /run/stick && mount -t {kind} {device} /run/stick && "
                       f"mount -o ro LABEL=Films /run/films && cp '/run/films/{self.FILM}' '/run/stick/{title(kind)} (2001).mp4' && "
                       "umount /run/stick /run/films && sync")
        box.stick(kind, False)
        until(box, "! test -e /dev/sda", "a stick that was pulled out stays")

    def is_made_empty(self, box: Machine, one: shared.client.Client, kind: str) -> None:
        """A stick that is let go of is made empty, in the unit that does it on a box, and is read anew: nothing of before is on it."""
        def on(name: str | None = None) -> tuple[dict, dict]:
            """The disk with this file system, or with this name, and what lies on it."""
            rows = [(disk, volume) for disk in one.get("/api/v1/disks")["disks"] for volume in disk["volumes"]]
            found = [(disk, volume) for disk, volume in rows if (disk["name"] == name if name else volume["file_system"] == kind)]
            expect(len(found) == 1, f"of the disks {rows} {len(found)} are {name or kind}")
            return found[0]

        def ask(what: str, content: dict) -> None:
            """As a person who reads that something else is being done with a disk, and tries again."""
            deadline = time.monotonic() + STEP_S
            while True:
                try:
                    one.post(f"/api/v1/disks/{what}", content)
                    return
                except shared.client.ApiError as error:
                    # It was read by itself in that moment.
                    if what == "mount" and "is in use" in str(error):
                        return
                    if '"code":"busy"' not in str(error) or time.monotonic() > deadline:
                        raise AssertionError(f"{error}; {log_of(box)}") from None
                    box.drain()
                    time.sleep(5)

        stick, before = on()
        ask("unmount", {"uuid": before["uuid"]})
        shown = {name: stick[name] for name in ("name", "size_bytes", "model") if name in stick}
        ask("empty", {**shown, "label": "Empty", "typed": stick.get("model", stick["name"])})
        _, volume = on(stick["name"])
        expect((volume["file_system"], volume.get("label")) == ("ext4", "Empty"), f"what was made empty is {volume}")
        ask("mount", {"uuid": volume["uuid"]})
        folder = on(stick["name"])[1]["folder"]
        there = box.shell.told(f"ls -A {folder}")
        expect(there == "lost+found", f"on what was made empty there is {there}")
        expect(box.shell.run(f"touch {folder}/x")[0] != 0, "what was made empty can be written where it is read")
        ask("unmount", {"uuid": volume["uuid"]})
        # Whoever takes it to a computer with Linux writes there.
        box.shell.told(f"e2fsck -fn /dev/{stick['name']} && mount /dev/{stick['name']} /run/stick && touch /run/stick/x && umount /run/stick")

    def attached(self, box: Machine, one: shared.client.Client, kinds: set[str]) -> dict[str, Path]:
        """Waits until what is read are file systems of these kinds: kind → folder."""
        deadline = time.monotonic() + BOOT_S
        while True:
            volumes = [volume for disk in one.get("/api/v1/disks")["disks"] for volume in disk["volumes"]]
            folders = {volume["file_system"]: Path(volume["folder"]) for volume in volumes if volume.get("folder")}
            if folders.keys() == kinds:
                return folders
            expect(time.monotonic() < deadline, f"not {kinds} are read by themselves: {volumes}; "
                   f"{box.shell.run('journalctl -b -u stead -u run-stead-media-* --no-pager | tail -n 30')[1]}")
            box.drain()
            time.sleep(2)

    def plays(self, one: shared.client.Client, kind: str) -> None:
        """The film of a stick is found by its name, and what is played of it is its file's."""
        found = one.get(f"/api/v1/search?q={kind}")["items"]
        expect([item["title"] for item in found] == [title(kind)], f"on {kind} there is {found}")
        link = one.post(f"/api/v1/items/{found[0]['id']}/play")["url"]
        first, last = 100_000, 299_999
        status, _, body = one.raw("GET", link, headers={"Range": f"bytes={first}-{last}"})
        content = (shared.sample() / self.FILM).read_bytes()
        expect(status == 206 and body == content[first : last + 1], f"what is played from {kind} is not its file: {status}")


class OwnCodeOnAStick(Case):
    """A box whose disk cannot be taken out takes its owner's own code from a stick labelled STEAD while it runs (FAT), and as it starts (exFAT); the code is taken out, and the stick is nobody's disk with media."""

    CODE = "seven green kettles"
    FILE = "/run/stead/sticks/STEAD/stead.txt"

    def run(self) -> None:
        words = self.bench.sticks(self.name, ("vfat", "exfat"))
        made = self.bench.folder / f"{self.name}-vfat.disk"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "stead.txt"
            file.write_text(f"code = {self.CODE}\n")
            disk.fat(made, {"stead.txt": file}, "STEAD", made.stat().st_size, int(time.time()))
        with self.bench.machine(self.bench.settled(self.name), self.name, words) as box:
            answers(box)
            box.up()
            box.settled()
            box.stick("vfat", True)
            until(box, f"grep -q '# Stead: the code is kept' {self.FILE}", "the code of the stick is not taken")
            self.is_taken_out(box)
            one = browser(box)
            shared.client.claim_by(one, {"kind": "own", "code": self.CODE})
            expect(one.get("/api/v1/disks")["disks"] == [], f"a disk is shown: {one.get('/api/v1/disks')}")
            box.stick("vfat", False)
            until(box, "! mountpoint -q /run/stead/sticks/STEAD && ! test -e /dev/sda", "a stick that was pulled out stays")
            self.is_whole(made)
            box.stick("exfat", True)
            until(box, "test -b /dev/sda", "a stick is not seen")
            box.shell.told("systemctl stop stead.socket stead.service && mkfs.exfat -L Stead /dev/sda")
            box.stick("exfat", False)
            until(box, "! test -e /dev/sda", "a stick that was pulled out stays")
            box.stick("exfat", True)
            until(box, "mountpoint -q /run/stead/sticks/STEAD", "a stick with exFAT is not mounted")
            box.shell.told(f"echo 'recover = {self.CODE}' >{self.FILE}")
            restart(box)
            box.sees("Stead: trying slot")
            told = answers(box)
            expect(told["state"] == "recovery", f"of itself the box says {told}")
            box.up()
            box.settled()
            self.is_taken_out(box)

    def is_whole(self, stick: Path) -> None:
        """What a person finds on a stick that was pulled out while it was mounted."""
        told = subprocess.run(["mtype", "-i", stick, "::stead.txt"], text=True, capture_output=True, check=True).stdout
        expect("# Stead: the code is kept" in told and self.CODE not in told, f"on the stick stands {told}")

    def is_taken_out(self, box: Machine) -> None:
        """The code does not stay on the stick."""
        text = box.shell.told(f"cat {self.FILE}")
        expect(self.CODE not in text, f"the code stays on the stick: {text}")


class Offline(Case):
    """A box that is not on any network starts, works, and says so on its console."""

    def run(self) -> None:
        with self.bench.machine(self.bench.settled(self.name), self.name, network=False) as box:
            box.up()
            box.settled()
            box.shell.told("stead health --wait 60 --config /etc/stead/stead.toml", BOOT_S)
            box.shows("No network: is the cable in")


class Discovery(Case):
    """In a home network a box is found from its first boot on: by its name, after another box with the same name came, a new address, a pulled cable and an address of its own in stead.txt; it says goodbye, and its secret to nobody."""

    def run(self) -> None:
        with Lan(self.bench.folder, self.bench.stead) as lan:
            cable = lan.plug()
            with self.bench.machine(self.bench.fresh(self.name), self.name, network=cable) as box:
                name = self.first_boot(lan, box, cable)
                self.one_more(lan, box, cable, name)
                self.another_address(lan, box, cable, name)
                self.pulled_cable(lan, box, name)
                self.own_address(lan, box, cable, name)
                gone = lan.goodbyes(box.off)
                expect(name in gone and f"{name.split('.')[0]}._stead._tcp.local" in gone, f"at its end {name} took back {gone}")

    def first_boot(self, lan: Lan, box: Machine, cable: Cable) -> str:
        """It is seen, and what it tells; then it is claimed from the phone. Returns its name."""
        deadline = time.monotonic() + BOOT_S
        while not lan.addresses("stead.local"):
            expect(time.monotonic() < deadline, f"stead.local leads nowhere; leases: {lan.told_leases()}")
            box.drain()
        self.figure("boot_to_visible", time.monotonic() - box.started)
        address, called = lan.lease(cable.card)
        lan.at_phone(lambda: answers(box, at=address))
        self.figure("boot_to_claimable", time.monotonic() - box.started)
        found, = lan.found(bool, "a new box", box.drain)
        name = found["host_name"]
        expect(re.fullmatch(r"stead-[0-9a-f]{4}\.local", name) is not None, f"a new box is called {name}")
        expect(f"{called}.local" == name, f"the router calls the box {called}, and the network {name}")
        expect(address in found["addresses"] and lan.addresses(name) == {address}, f"{name} is at {address}: {found}")
        expect(found["claimed"] is False, f"a new box has an owner: {found}")
        box.up()
        page = box.shell.told("cat '/var/lib/stead/Setup Stead.html'")
        secret = shared.client.SECRET.search(page).group(1)
        told = b"".join(answer for one in ("_stead._tcp.local", "_https._tcp.local", f"{name.split('.')[0]}._stead._tcp.local", name)
                        for answer in lan.ask(one, EVERYTHING))
        expect(b"claimed=0" in told and b"txtvers=1" in told, f"what it tells is {told!r}")
        expect(secret.encode() not in told and secret not in str(found), "its secret is told to everybody")
        lan.at_phone(lambda: claim(box, shared.client.Client(f"https://{address}", BOOT_S)))
        lan.found(lambda all: [one["claimed"] for one in all] == [True], "a box that has an owner", box.drain)
        return name

    def one_more(self, lan: Lan, box: Machine, cable: Cable, name: str) -> None:
        """Another box is to have the same name: both are found, and the first keeps its name."""
        flashed = self.bench.fresh(f"{self.name}-2")
        label, second = name.split(".")[0], lan.plug()
        disk.change_text(flashed, "stead.txt", lambda text: f"{text}host = {label}\r\n")
        renamed = f"{label}-2.local"
        with self.bench.machine(flashed, self.name, network=second) as other:
            def drain() -> None:
                box.drain()
                other.drain()
            # Of a network without a router a box has an address at once, and of this one a while later.
            both = lan.found(lambda boxes: {one["host_name"] for one in boxes} == {name, renamed}
                             and all(any(at.startswith(f"{NETWORK}.") for at in one["addresses"]) for one in boxes), "two boxes", drain)
            at = {one["host_name"]: one for one in both}
            for host, card in ((name, cable.card), (renamed, second.card)):
                address, _ = lan.lease(card)
                expect(address in at[host]["addresses"] and lan.addresses(host) == {address}, f"{host} is at {address}: {at[host]}")
            expect(at[name]["id"] != at[renamed]["id"], "two boxes have one id")
            expect(lan.addresses("stead.local") == {lan.lease(cable.card)[0]}, "stead.local does not lead to the box that had it first")
            other.up()
            lan.goodbyes(other.off)
        flashed.unlink()
        lan.found(lambda all: [one["host_name"] for one in all] == [name], "only the first box", box.drain)

    def another_address(self, lan: Lan, box: Machine, cable: Cable, name: str) -> None:
        """The router gives it another address, as a new router does: it is found there."""
        before, _ = lan.lease(cable.card)
        lan.hand_out(150)
        def moved(boxes: list[dict]) -> bool:
            lease = lan.lease(cable.card)
            return lease is not None and lease[0] != before and [lease[0] in one["addresses"] for one in boxes] == [True]
        found, = lan.found(moved, "the box at another address", box.drain)
        expect(found["host_name"] == name and before not in found["addresses"], f"after another address it is {found}")
        expect(lan.addresses(name) == {lan.lease(cable.card)[0]}, f"{name} leads to {lan.addresses(name)}")

    def pulled_cable(self, lan: Lan, box: Machine, name: str) -> None:
        """Without its cable it is gone, with it it is back."""
        box.plugged(False)
        expect(lan.find() == [], "a box without a cable is found")
        box.plugged(True)
        lan.found(lambda all: [one["host_name"] for one in all] == [name], "a box whose cable is back", box.drain)

    def own_address(self, lan: Lan, box: Machine, cable: Cable, name: str) -> None:
        """The address of its stead.txt holds from the next start on, in place of what the router hands out."""
        fixed = f"{NETWORK}.200"
        lines = f"address = {fixed}/24\\ngateway = {ROUTER}\\ndns = {ROUTER}, {PHONE}\\n"
        box.shell.told(f"printf '{lines}' >>/boot/stead/stead.txt; sync")
        restart(box)
        box.sees("Stead: trying slot A")
        # The router forgets the box, so a lease that is there afterwards was asked for again.
        lan.hand_out(50)
        shell = box.up()
        box.settled()
        found, = lan.found(lambda boxes: [fixed in one["addresses"] for one in boxes] == [True], "the box at its own address", box.drain)
        expect(found["host_name"] == name and lan.addresses(name) == {fixed}, f"{name} leads to {lan.addresses(name)}: {found}")
        here = lan.at_phone(lambda: shared.client.Client(f"https://{fixed}", BOOT_S).get("/api/v1/server"))
        expect(here["claimed"] is True, f"at {fixed} answers {here}")
        expect(lan.lease(cable.card) is None, f"the router was asked for an address all the same: {lan.told_leases()}")
        link = shell.told("networkctl status --full --no-pager $(ip -4 route show default | sed 's/.* dev \\([^ ]*\\).*/\\1/;q')")
        expect(f"Gateway: {ROUTER}" in link and "70-stead-static-wired.network" in link, f"the network says {link}")
        servers = shell.told("sed -n 's/^nameserver //p' /run/systemd/resolve/resolv.conf").split()
        expect(servers == [ROUTER, PHONE], f"names are asked of {servers}")


class Wireless(Case):
    """The network of stead.txt is joined as soon as there is a radio, its password leaves the card and is kept for root alone; a cable goes before it."""

    HOUSE, PASSWORD = "Kettle House", "seven green kettles"
    # A second radio of the same box is the house's: nothing here has one, and iwd is both.
    POINT = "[Match]\\nName=wlan0\\n[Network]\\nAddress=192.0.2.1/24\\nDHCPServer=yes\\n"

    def run(self) -> None:
        target = self.bench.settled(self.name)
        lines = (f"wifi = {self.HOUSE}", f"wifi password = {self.PASSWORD}", "country = de")
        disk.change_text(target, "stead.txt", lambda text: text + "".join(f"{line}\r\n" for line in lines))
        with self.bench.machine(target, self.name) as box:
            answers(box)
            shell = box.up()
            box.settled()
            card = shell.told("cat /boot/stead/stead.txt")
            expect(self.PASSWORD not in card and f"{self.HOUSE} is known now" in card, f"the card says {card}")
            expect(shell.told("stat -c '%a %U' /data/iwd/*.psk /data/iwd/main.conf") == "600 root\n600 root", "others may read the password")
            expect(shell.run("systemctl is-active iwd")[0] != 0, "a box without a radio looks after one")
            shell.told(f"mkdir -p /run/systemd/network && printf '{self.POINT}' >/run/systemd/network/10-point.network && networkctl reload")
            shell.told("modprobe mac80211_hwsim radios=2")
            point = self.until(box, "for one in $(busctl --list tree net.connman.iwd 2>/dev/null); do busctl get-property "
                               "net.connman.iwd $one net.connman.iwd.Device Name 2>/dev/null | grep -q wlan0 && echo $one; done; true",
                               "iwd does not see the radio")
            shell.told(f"busctl set-property net.connman.iwd {point} net.connman.iwd.Device Mode s ap")
            self.until(box, f"busctl call net.connman.iwd {point} net.connman.iwd.AccessPoint Start ss '{self.HOUSE}' '{self.PASSWORD}' "
                       "2>/dev/null && echo started; true", "the house has no network")
            self.until(box, "ip -4 -o addr show dev wlan1 | grep 192.0.2. ; true", "the network was not joined")
            routes = self.until(box, "ip route show default | grep wlan1; true", "no way leads over the network")
            expect("metric 2048" in routes, f"the cable does not go before it: {shell.told('ip route')}")
            box.settled()

    def until(self, box: Machine, command: str, sentence: str) -> str:
        """Asks again and again until the box prints something."""
        deadline = time.monotonic() + BOOT_S
        while not (text := box.shell.told(command)):
            expect(time.monotonic() < deadline, f"{sentence}: {box.shell.run('networkctl; journalctl -b -u iwd --no-pager | tail -n 20')[1]}")
            box.drain()
            time.sleep(2)
        return text


class FactoryReset(Case):
    """A line in stead.txt makes a claimed box a new one, once, and its disk stays as large as it was."""

    more: tuple[str, ...] = ()

    def ask(self, box: Machine) -> None:
        """Asks for the reset, so that the box restarts."""
        box.shell.told("echo 'reset = everything' >>/boot/stead/stead.txt; sync")
        restart(box)

    def run(self) -> None:
        with self.bench.machine(self.bench.settled(self.name), self.name, list(self.more)) as box:
            answers(box)
            box.up()
            box.settled()
            one = claim(box)
            size = box.shell.told("df --output=size -B1M /data | tail -n 1")
            box.shell.told("echo '[Security]' >/data/iwd/Home.psk")
            self.ask(box)
            deadline = time.monotonic() + BOOT_S
            while answers(box)["claimed"]:
                expect(time.monotonic() < deadline, "the box is not reset")
                box.drain()
                time.sleep(2)
            box.up()
            box.settled()
            expect("reset = everything" not in box.shell.told("grep -v '^#' /boot/stead/stead.txt || true"), "the wish stands there still")
            expect(box.shell.told("df --output=size -B1M /data | tail -n 1") == size, "the data partition has another size")
            expect(box.shell.run("test -e /data/iwd/Home.psk")[0] != 0, "the wireless network of before is still known")
            old = browser(box)
            old.cookies = one.cookies
            try:
                old.get("/api/v1/me")
                raise AssertionError("a browser of before is still known")
            except shared.client.ApiError:
                pass
            claim(box)


class ResetButton(FactoryReset):
    """The reset button does the same where it is held, and nothing where it is only pressed."""

    more = ("-device", "virtio-keyboard-pci")

    def ask(self, box: Machine) -> None:
        box.press("f12", 1)
        deadline = time.monotonic() + STEP_S
        while "Stopped" not in (told := box.shell.told("journalctl -b -u stead-button-held.timer -o cat --no-pager")):
            expect(time.monotonic() < deadline, f"nobody heard that the button was let go of: {told}")
            time.sleep(1)
        expect(box.shell.run("grep -q '^reset' /boot/stead/stead.txt")[0] != 0, "a button that was only pressed asks for a reset")
        # The box counts its own ten seconds, and a busy one begins late.
        box.press("f12", 60)
        box.sees("Stead: trying slot A")
        box.shell.socket.close()
        box.shell = None


# The long ones begin first, so that none is left to run alone at the end.
CASES = [FirstBoot, PowerCut, UpdateWithoutData, UpdateByWeb, Smoke, BadUpdate, CutsAtFirstBoot, OwnCodeOnAStick, KeepsWhatWorked, PanickingKernel, FactoryReset,
         ResetButton, Discovery, GarbageRoot, GoodUpdate, DataOfAnotherBox, SmallMemory, ForgedEnvironment, FullData,
         CorruptEnvironment, OwnIdentities, NoDataPartition, RefusedBundles, HungKernel, Clock, DamagedData, FrozenService,
         CorruptBootScript, Wireless, Offline, WithoutStead]
