"""The scripts' own rules: codes, tallies, EXIF. Run by `scripts/test`, standard library only."""

import importlib.machinery
import importlib.util
import random
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
from kit import bench, client, measure, tally  # noqa: E402
from sample import art, exif, masters  # noqa: E402


class Codes(unittest.TestCase):
    def test_totp_gives_the_codes_of_rfc_6238(self) -> None:
        secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        for at, code in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
            self.assertEqual(client.totp(secret, at), code)


class Room(unittest.TestCase):
    """A build on a disk with little room ends before it begins; `df` is told what to say."""

    def said(self, free_mb: int, built: bool) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "target"
            if built:
                (target / "debug/deps").mkdir(parents=True)
                (target / "debug/deps/libtokio-0123456789abcdef.rlib").touch()
            script = f"""set -euo pipefail; source {SCRIPTS}/lib.sh
                df() {{ printf 'head\\n/dev/x 99999 1 {free_mb} 1%% /\\n'; }}
                room_for_build; say builds"""
            env = {"PATH": "/usr/bin:/bin", "STEAD_CACHE": folder, "CARGO_TARGET_DIR": str(target)}
            command = ["bash", "-c", script]
            return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    def test_a_cold_build_needs_more_than_a_warm_one(self) -> None:
        for free_mb, built, builds in ((7000, False, True), (6999, False, False),
                                       (2000, True, True), (1999, True, False)):
            ended = self.said(free_mb, built)
            self.assertEqual((ended.returncode == 0, "builds" in ended.stdout), (builds, builds))

    def test_the_sentence_names_folder_need_and_way_out(self) -> None:
        told = self.said(900, True).stderr
        self.assertIn("only 900 MB are free in /", told)
        self.assertIn("a warm build needs 2000 MB there", told)
        self.assertIn("CARGO_TARGET_DIR=", told)


class Prune(unittest.TestCase):
    """What goes when the cache is too large, and what stays."""

    def test_large_and_seldom_used_folders_go_first_and_tools_stay(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name, size_mb in (("corpus", 3), ("target/cross-debian", 3), ("target/debug", 3), ("tools", 3)):
                Path(folder, name).mkdir(parents=True)
                Path(folder, name, "file").write_bytes(bytes(size_mb << 20))
            env = {"PATH": "/usr/bin:/bin", "HOME": folder, "STEAD_CACHE": folder, "STEAD_CACHE_LIMIT_MB": "7"}
            subprocess.run([SCRIPTS / "cache-prune"], env=env, capture_output=True, check=True)
            left = [str(path.parent.relative_to(folder)) for path in Path(folder).rglob("file")]
            self.assertEqual(sorted(left), ["target/debug", "tools"])


class Tallies(unittest.TestCase):
    RUST = """\
     Running unittests src/lib.rs (target/debug/deps/stead_rules-0123456789abcdef)
test ids::text_round_trips ... ok
test limits::all_bounded ... FAILED
     Running tests/it/main.rs (target/debug/deps/it-0123456789abcdef)
test claim::a::b ... ok
test access::walk ... ok
test access::sweep ... ignored, needs a network
   Doc-tests stead_rules
test crates/rules/src/ids.rs - ids::Id (line 10) ... ok
"""

    def test_rust_is_counted_by_crate_and_by_module_and_ignored_is_failed(self) -> None:
        self.assertEqual(dict(tally.of_rust(self.RUST)), {
            "stead-rules": [1, 1], "it/claim": [1, 0], "it/access": [1, 1], "stead_rules (docs)": [1, 0],
        })

    def test_a_runner_that_breaks_without_a_failed_test_is_a_failure(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "rust.status").write_text("101\n")
            (folder / "rust.log").write_text("error: could not compile `stead`\n")
            self.assertEqual(tally.collected(folder), {"rust (the runner itself)": [0, 1]})

    def test_a_runner_that_runs_nothing_is_a_failure(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "api.status").write_text("0\n")
            (folder / "api-any.xml").write_text("<testsuites/>")
            self.assertEqual(tally.collected(folder), {"api (ran no test)": [0, 1]})

    def test_peers_are_counted_by_their_report_and_skipped_is_failed(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            report = Path(name, "peers.xml")
            report.write_text('<testsuites><testcase name="a"/><testcase name="b"><failure/></testcase>'
                              '<testcase name="c"><skipped/></testcase></testsuites>')
            self.assertEqual(tally.of_node(report), {"peers": [1, 2]})

    def test_unittest_is_read_with_and_without_failures(self) -> None:
        self.assertEqual(tally.of_python("Ran 4 tests in 0.1s\n\nOK\n"), {"tools": [4, 0]})
        self.assertEqual(tally.of_python("Ran 4 tests in 0.1s\n\nFAILED (failures=1, errors=2)\n"), {"tools": [1, 3]})


class Pictures(unittest.TestCase):
    def test_exif_goes_right_after_the_start_mark_and_says_its_length(self) -> None:
        made = exif.stamped(b"\xff\xd8\xff\xd9", "2023:01:14 11:02:30")
        self.assertEqual(made[:4], b"\xff\xd8\xff\xe1")
        length = struct.unpack(">H", made[4:6])[0]
        self.assertEqual(made[4 + length :], b"\xff\xd9")
        self.assertIn(b"2023:01:14 11:02:30\0", made)

    def test_what_is_no_jpeg_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            exif.stamped(b"\x89PNG", "2023:01:14 11:02:30")

    def test_a_scene_is_the_same_picture_every_time(self) -> None:
        scene = art.SCENES["night"]
        self.assertEqual(art.land(scene, 64, 48), art.land(scene, 64, 48))
        self.assertEqual(len(art.land(scene, 64, 48).split(b"ENDHDR\n", 1)[1]), 4 * 128 * 96)


class Figures(unittest.TestCase):
    def test_a_figure_is_one_line_with_few_digits(self) -> None:
        self.assertEqual(measure.figure("size", 5_500_000, "bytes"), "figure size 5500000 bytes target none")
        self.assertEqual(measure.figure("rate", 12.3456, "files/s"), "figure rate 12.35 files/s target none")

    def test_memory_is_summed_over_a_session(self) -> None:
        sleeper = subprocess.Popen(["sleep", "30"], start_new_session=True)
        try:
            self.assertGreater(measure.pss_kib(sleeper.pid), 0)
        finally:
            sleeper.kill()
            sleeper.wait()
        self.assertEqual(measure.pss_kib(sleeper.pid), 0)


class Corpus(unittest.TestCase):
    def setUp(self) -> None:
        loader = importlib.machinery.SourceFileLoader("corpus", str(SCRIPTS / "corpus"))
        spec = importlib.util.spec_from_loader("corpus", loader)
        self.corpus = importlib.util.module_from_spec(spec)
        loader.exec_module(self.corpus)

    def test_names_are_as_long_as_their_place_holders_and_unlike_each_other(self) -> None:
        rng = random.Random(1)
        names = [self.corpus.words(rng, number) for number in range(100_000)]
        self.assertEqual({len(name) for name in names}, {masters.LENGTH})
        self.assertEqual(len(set(names)), len(names))

    def test_a_replacement_of_another_length_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            self.corpus.patched(masters.PLACES["title"], title="short")

    def test_titles_are_found_in_the_names_that_the_corpus_gives(self) -> None:
        name = self.corpus.words(random.Random(1), 7)
        for stem in (f"07 - {name}", f"{name} (1999)", f"{name} S01E02"):
            self.assertEqual(bench.TITLE.search(stem)[1], name)


if __name__ == "__main__":
    unittest.main()
