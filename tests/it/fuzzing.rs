//! The bodies of the fuzz targets on bytes of this test's own: they build, and nothing panics. Long
//! runs, led by coverage, are for cargo-fuzz; see fuzz/README.md.

use proptest::collection::vec;
use proptest::prelude::*;

#[path = "../../fuzz/bodies.rs"]
mod bodies;

/// What parsers look for, so that random bytes get further than the first of them.
const MAGIC: [&[u8]; 14] = [
    b"\x00\x00\x00\x18ftypisom",
    b"\x00\x00\x00\x20moov",
    b"\x1a\x45\xdf\xa3",
    b"ID3\x04\x00\x00",
    b"fLaC\x00\x00\x00\x22",
    b"OggS\x00\x02",
    b"RIFF\xff\xff\xff\xffWAVEfmt ",
    b"\xff\xd8\xff\xe1\x00\x40Exif\x00\x00",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xff\xff\xff\x00\x00\x00\x00bytes=0-\n\"1-2\"\n",
    b"Series/Show (2001)/Season 01/Show S01E02.mkv",
    b"[fe80::1%25eth0]:8443",
    b"<movie><mpaa>Rated PG-13</mpaa><certification>US:R / DE:",
    b"\xa3cfmtdnonegattStmt\xa0hauthData\x58\xa4",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_target_stands_random_bytes(
        magic in proptest::sample::select(MAGIC.as_slice()),
        bytes in vec(any::<u8>(), 0..600),
    ) {
        let bytes = [magic, &bytes].concat();
        for (_, body) in bodies::BODIES {
            body(&bytes);
        }
    }
}

#[test]
fn every_body_is_a_target_and_every_target_a_body() {
    let manifest = include_str!("../../fuzz/Cargo.toml");
    let mut targets: Vec<_> =
        manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")).collect();
    let mut named = bodies::BODIES.map(|(name, _)| format!("{name}.rs\"")).to_vec();
    targets.sort_unstable();
    named.sort_unstable();
    assert_eq!(targets, named);
}
