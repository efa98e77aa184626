//! What a file may say, and how its mistakes are told.

use super::raw::parse;
use super::*;

fn load(text: &str) -> Result<Config, String> {
    let checked = parse("stead.toml", text).and_then(checked::check);
    checked.map_err(|problems| problems.to_string())
}

#[track_caller]
fn refuses(text: &str, told: &str) {
    assert_eq!(load(text).expect_err("refused"), told);
}

#[test]
fn an_empty_file_is_the_defaults() {
    let config = load("").unwrap();
    assert_eq!(config.net.https_listen.to_string(), "[::]:8443");
    assert_eq!(config.net.http_listen.to_string(), "[::]:8080");
    assert!(config.paths.data_dir.is_absolute() && config.paths.data_dir.ends_with("data"));
    assert!(config.discovery.mdns && config.media.roots.is_empty());
    assert_eq!((config.work.indexers, config.log.format), (None, LogFormat::Auto));
}

#[test]
fn the_example_is_a_config_and_says_the_defaults() {
    let commented = example::example();
    let bare: String = commented
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.contains(" = ") && !rest.starts_with(' ') => format!("{rest}\n"),
            Some(_) | None => format!("{line}\n"),
        })
        .collect();
    assert!(bare.contains("\nlevel = \"info\"\n"), "{bare}");
    let (example, defaults) = (load(&bare).unwrap(), load("").unwrap());
    assert_eq!(format!("{example:?}"), format!("{defaults:?}"));
    assert_eq!(format!("{:?}", load(&commented).unwrap()), format!("{defaults:?}"));
}

#[test]
fn the_example_in_docs_is_the_one_made_here() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/stead.toml.example");
    let written = std::fs::read_to_string(docs).unwrap();
    assert!(
        written == example::example(),
        "docs/stead.toml.example is old: cargo run -- check-config --example > that file"
    );
}

#[test]
fn unknown_names_are_all_told_with_place_and_suggestion() {
    refuses(
        "[paths]\ndata_dri = \"x\"\n\n[netz]\n[log]\ncolour = true\n",
        "stead.toml:2:1: unknown key `data_dri` in [paths]; did you mean `data_dir`?\n\
         stead.toml:4:2: unknown section [netz]; did you mean `net`?\n\
         stead.toml:6:1: unknown key `colour` in [log]; known here: format, level",
    );
    refuses(
        "data_dir = \"x\"",
        "stead.toml:1:1: `data_dir` stands outside of any section; put it under [paths]",
    );
    refuses(
        "[media]\n  \"Roots\" = []",
        "stead.toml:2:3: unknown key `Roots` in [media]; did you mean `roots`?",
    );
}

#[test]
fn wrong_forms_and_types_have_a_place() {
    let place = |text: &str| load(text).unwrap_err().split(": ").next().unwrap().to_owned();
    assert_eq!(place("[paths\n"), "stead.toml:1:7");
    assert_eq!(place("[discovery]\nmdns = \"yes\"\n"), "stead.toml:2:8");
    assert_eq!(place("[net]\nhttps_listen = 8443\n"), "stead.toml:2:16");
    assert_eq!(place("[net]\nhttps_listen = \"8443\"\n"), "stead.toml:2:16");
    assert_eq!(place("paths = 3\n"), "stead.toml:1:9");
    assert_eq!(place("[log]\nlevel = \"info\"\nlevel = \"warn\"\n"), "stead.toml:3:1");
}

#[test]
fn values_must_make_sense() {
    refuses(
        "[net]\nhttps_listen = \"[::]:80\"\nhttp_listen = \"0.0.0.0:80\"\n\
         names = [\"https://films.example.net\"]\n[claim]\nlocal_security = false\n",
        "net.https_listen and net.http_listen both name port 80; \
         give one of them another port\n\
         net.names: \"https://films.example.net\" is not a host name; \
         write it without https://, port or path: films.example.net\n\
         claim.local_security is false and claim.local_prefixes is empty; \
         say who is near, for instance [\"192.168.1.0/24\"]\n\
         claim.local_security is false and claim.local_roots is empty; \
         name the folders that play without a sign-in",
    );
    refuses(
        "[log]\nformat = \"xml\"\nlevel = \"loud\"\n[work]\nindexers = 65\n",
        "work.indexers is 65, more than 64; 0 lets Stead choose\n\
         log.format: there is no \"xml\"; one of auto, text, json, journald\n\
         log.level: there is no \"loud\"; one of error, warn, info, debug, trace",
    );
    refuses(
        "[media]\nroots = [\"/\"]\n",
        "media.roots: / is the whole system; name the folder in which media lies",
    );
}

#[test]
fn a_source_of_updates_is_asked_over_tls_or_on_this_machine() {
    let with = |source: &str| load(&format!("[system]\nupdate_source = {source:?}\n"));
    assert_eq!(with("").unwrap().system.update_source, None);
    for (written, meant) in [
        ("https://updates.example.net/stead/", "https://updates.example.net/stead"),
        (" https://updates.example.net ", "https://updates.example.net"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://[::1]/stead", "http://[::1]/stead"),
    ] {
        let source = with(written).unwrap().system.update_source.unwrap();
        assert_eq!(source.as_str(), meant);
    }
    for (written, told) in [
        ("http://updates.example.net/", "is not secure"),
        ("http://localhost/", "is not secure"),
        ("updates.example.net", "is not the address of a folder"),
        ("https://a@updates.example.net/", "is not the address of a folder"),
        ("https://updates.example.net/?a=b", "is not the address of a folder"),
        ("file:///srv/updates", "is not the address of a folder"),
    ] {
        let problem = with(written).unwrap_err();
        assert!(problem.contains(told) && problem.contains("system.update_source"), "{problem}");
    }
}

#[test]
fn certificates_of_files_take_both_files() {
    let files = "[net]\ntls = \"files\"\ncert_file = \"/c.pem\"\nkey_file = \"/k.pem\"\n";
    let want = Tls::Files { certificate: "/c.pem".into(), key: "/k.pem".into() };
    assert_eq!(load(files).unwrap().net.tls, want);
    assert_eq!(load("[net]\ntls = \"own-ca\"\n").unwrap().net.tls, Tls::OwnCa);
    refuses(
        "[net]\ntls = \"files\"\ncert_file = \"/c.pem\"\n",
        "net.tls is \"files\" and net.key_file is empty; name the PEM file",
    );
    refuses(
        "[net]\nkey_file = \"/k.pem\"\n",
        "net.key_file names /k.pem and net.tls is \"own-ca\"; \
         set tls = \"files\", or take the line away",
    );
    refuses(
        "[net]\ntls = \"acme\"\n",
        "net.tls = \"acme\" is not available yet; \
         let an ACME client of your own keep the files fresh, and set tls = \"files\"",
    );
    refuses("[net]\ntls = \"none\"\n", "net.tls: there is no \"none\"; one of own-ca, files");
}

#[test]
fn playing_over_http_is_off_unless_it_is_said() {
    assert_eq!(load("").unwrap().net.plain_playback, PlainPlayback::Off);
    let on = load("[net]\nplain_playback = \"on-link\"\n").unwrap();
    assert_eq!(on.net.plain_playback, PlainPlayback::OnLink);
    refuses(
        "[net]\nplain_playback = \"on\"\n",
        "net.plain_playback: there is no \"on\"; one of off, on-link",
    );
}

#[test]
fn proxies_are_ranges_and_never_everybody() {
    let config = load("[net]\nproxies = [\"10.0.0.2/32\", \"fd00:1::/64\"]\n").unwrap();
    assert_eq!(config.net.proxies.len(), 2);
    refuses("[net]\nproxies = [\"::/0\"]\n", "net.proxies: \"::/0\" is everybody; name fewer");
    refuses(
        "[net]\nproxies = [\"10.0.0.2/8\"]\n",
        "net.proxies: \"10.0.0.2/8\" is no range of addresses; \
         write it as 192.168.1.0/24 or fd00:1::/64",
    );
}

#[test]
fn local_security_is_lifted_for_this_version_only_and_warns_of_itself() {
    let major = checked::own_major();
    let lifted = |confirmed: i64, prefixes: &str| {
        let text = format!(
            "[claim]\nlocal_security = false\nlocal_security_confirmed_for = {confirmed}\n\
             local_prefixes = {prefixes}\nlocal_roots = [\"/films\"]\n"
        );
        load(&text).map(|config| config.claim.local_security)
    };
    let near = "[\"192.168.1.0/24\"]";
    for other in [-1, major - 1, major + 1] {
        let setting = lifted(other, near).unwrap();
        assert_eq!(setting, LocalSecurity::Unconfirmed, "{other}");
        assert!(setting.warnings()[0].contains(&format!("confirmed_for = {major}")));
    }
    let LocalSecurity::Off { roots, listed } = lifted(major, near).unwrap() else { panic!("off") };
    assert_eq!((roots, listed.loopback), (vec![PathBuf::from("/films")], false));
    assert_eq!(lifted(major, near).unwrap().warnings().len(), 1);
    let loopback = lifted(major, "[\"loopback\"]").unwrap().warnings();
    assert!(loopback[1].contains("a proxy on this machine"), "{loopback:?}");
    assert!(lifted(major, "[\"0.0.0.0/0\"]").is_err(), "everybody is not near");
    assert!(LocalSecurity::On.warnings().is_empty());
}

#[test]
fn names_are_lowered_and_tried() {
    let config = load("[net]\nnames = [\"Films.Example.NET\"]\n").unwrap();
    assert_eq!(config.net.names, ["films.example.net"]);
    for bad in ["", "a b", "-a", "a..b", "a:80", "é"] {
        assert!(load(&format!("[net]\nnames = [\"{bad}\"]\n")).is_err(), "{bad}");
    }
}

#[test]
fn paths_count_from_the_file_and_flags_have_the_last_word() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stead.toml");
    let text = "[paths]\ndata_dir = \"here\"\n[media]\nroots = [\"m\", \"/srv/media\"]\n\
                ffmpeg = \"bin/ffmpeg\"\n";
    std::fs::write(&file, text).unwrap();
    let from_file = Overrides { file: Some(file.clone()), ..Overrides::default() };
    let config = Config::load(&from_file).unwrap();
    assert_eq!(config.paths.data_dir, folder.path().join("here"));
    assert_eq!(config.media.roots, [folder.path().join("m"), PathBuf::from("/srv/media")]);
    assert_eq!(config.media.ffmpeg, folder.path().join("bin/ffmpeg"));
    assert_eq!(config.media.ffprobe, Path::new("ffprobe"));

    let flags = Overrides {
        data: Some(PathBuf::from("/var/lib/stead")),
        media: vec![PathBuf::from("/films")],
        https_port: Some(443),
        http_port: Some(80),
        ..from_file
    };
    let config = Config::load(&flags).unwrap();
    assert_eq!(config.paths.data_dir, Path::new("/var/lib/stead"));
    assert_eq!(config.media.roots, [PathBuf::from("/films")]);
    assert_eq!((config.net.https_listen.port(), config.net.http_listen.port()), (443, 80));
}

#[test]
fn a_file_that_is_named_must_be_readable() {
    let missing =
        Overrides { file: Some(PathBuf::from("/nowhere/s.toml")), ..Overrides::default() };
    let told = Config::load(&missing).unwrap_err().to_string();
    assert!(told.starts_with("the config file /nowhere/s.toml cannot be read: No such file"));
}

/// A first config that names a file of the owner's own, and that file.
fn both(first: &str, own: &[u8]) -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let (file, card) = (folder.path().join("first.toml"), folder.path().join("stead.toml"));
    let system = "[system]\nown_config = \"stead.toml\"\nhelper = \"helper.sock\"\n";
    std::fs::write(&file, format!("{system}{first}")).unwrap();
    std::fs::write(card, own).unwrap();
    let config = Config::load(&Overrides { file: Some(file), ..Overrides::default() }).unwrap();
    (folder, config)
}

#[track_caller]
fn left_out(own: &[u8]) -> String {
    let (folder, config) = both("", own);
    let first = both("", b"").1;
    assert_eq!(config.net.public_url, None, "all of it is left out");
    assert_eq!(config.net.http_listen, first.net.http_listen);
    match config.own {
        Own::LeftOut(problems) => {
            problems.to_string().replace(&format!("{}/", folder.path().display()), "")
        }
        Own::None | Own::Taken { .. } => panic!("it was taken"),
    }
}

#[test]
fn a_file_of_the_owners_own_is_laid_over_the_first_key_by_key() {
    let own = "[net]\npublic_url = \"https://films.example.net\"\ncert_file = \"chain.pem\"\n\
               key_file = \"key.pem\"\ntls = \"files\"\n[system]\nattach_disks = false\n\
               update_source = \"https://updates.example.net/stead\"\n";
    let first = "[net]\nnames = [\"attic.example.net\"]\nhttps_listen = \"[::]:443\"\n[log]\nlevel = \"warn\"\n";
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(own.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for bytes in
        [own.as_bytes(), &utf16, format!("\u{feff}{}", own.replace('\n', "\r\n")).as_bytes()]
    {
        let (folder, config) = both(first, bytes);
        assert_eq!(config.net.public_url.as_deref(), Some("https://films.example.net"));
        assert_eq!(
            config.net.names,
            ["attic.example.net", "films.example.net"],
            "what it does not say stays"
        );
        assert_eq!((config.net.https_listen.port(), config.log.level), (443, LogLevel::Warn));
        assert!(!config.system.attach_disks && config.system.helper.is_some());
        let source = config.system.update_source.unwrap();
        assert_eq!(source.as_str(), "https://updates.example.net/stead");
        let [certificate, key] = ["chain.pem", "key.pem"].map(|name| folder.path().join(name));
        assert_eq!(
            config.net.tls,
            Tls::Files { certificate, key },
            "beside the file that names them"
        );
        assert!(matches!(config.own, Own::Taken { .. }));
    }
}

#[test]
fn without_a_file_of_the_owners_own_the_first_is_the_config() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("first.toml");
    std::fs::write(&file, "[system]\nown_config = \"card/stead.toml\"\n").unwrap();
    let config = Config::load(&Overrides { file: Some(file), ..Overrides::default() }).unwrap();
    assert!(matches!(config.own, Own::None));
    assert!(matches!(both("", b"# nothing\n").1.own, Own::Taken { .. }));
}

#[test]
fn flags_have_the_last_word_over_the_owners_own_file_too() {
    let (folder, _) = both("", b"[discovery]\nmdns = false\n");
    let file = Some(folder.path().join("first.toml"));
    let overrides = Overrides { file, http_port: Some(1234), ..Overrides::default() };
    let config = Config::load(&overrides).unwrap();
    assert_eq!((config.net.http_listen.port(), config.discovery.mdns), (1234, false));
}

#[test]
fn a_mistake_in_the_owners_own_file_leaves_all_of_it_out_and_has_a_place() {
    let good = "[net]\npublic_url = \"https://films.example.net\"\n";
    for (more, told) in [
        ("[net", "stead.toml:3:5: "),
        ("names = 3\n", "stead.toml:3:9: invalid type: integer `3`"),
        ("nmaes = []\n", "stead.toml:3:1: unknown key `nmaes` in [net]; did you mean `names`?"),
        (
            "plain_playback = \"all\"\n",
            "stead.toml:3:1: net.plain_playback: there is no \"all\"; one of off, on-link",
        ),
        ("[system]\nupdate_source = \"ftp://x\"\n", "stead.toml:4:1: system.update_source: "),
        ("[mail]\nserver = \"smtp.example.net\"\n", "stead.toml: mail.from: \"\" is no address"),
    ] {
        let problems = left_out(format!("{good}{more}").as_bytes());
        assert!(problems.starts_with(told), "{more}: {problems}");
    }
    assert!(
        left_out(format!("{good}{}", "# \n".repeat(30_000)).as_bytes())
            .contains("larger than 64 KiB")
    );
}

#[test]
fn what_belongs_to_the_box_is_not_set_in_the_owners_own_file() {
    // Whatever is not the owner's by name is the box's, a key of tomorrow too.
    for (section, line) in [
        ("paths", "data_dir = \"/tmp\""),
        ("net", "https_listen = \"[::]:1\""),
        ("net", "http_listen = \"[::]:1\""),
        ("media", "roots = [\"/\"]"),
        ("media", "ffmpeg = \"/boot/stead/ffmpeg\""),
        ("claim", "boot_file = \"x\""),
        ("claim", "local_security = false"),
        ("claim", "sticks = [\"x\"]"),
        ("claim", "marker_copy = \"x\""),
        ("system", "helper = \"x\""),
        ("system", "workers = \"x\""),
        ("system", "disks = \"x\""),
        ("system", "updates = \"x\""),
        ("system", "own_config = \"x\""),
    ] {
        let key = line.split(' ').next().unwrap();
        let told = format!(
            "stead.toml:2:1: {section}.{key} belongs to the system of the box, and is not set here; \
             take the line away"
        );
        assert_eq!(left_out(format!("[{section}]\n{line}\n").as_bytes()), told);
    }
}

/// Else a card would have the box show whoever it likes what stands in a file of the box.
#[test]
fn the_owners_own_file_names_files_beside_it_only() {
    for (section, key) in [
        ("net", "cert_file"),
        ("net", "key_file"),
        ("issuer", "client_secret_file"),
        ("issuer", "ca"),
        ("mail", "password_file"),
        ("mail", "ca"),
    ] {
        for name in ["/var/lib/stead/tls/ca.key", "../x", "a/b", ".."] {
            let told = format!(
                "stead.toml:2:1: {section}.{key} names no file beside this one; put the file there, \
                 and write its name alone"
            );
            assert_eq!(left_out(format!("[{section}]\n{key} = \"{name}\"\n").as_bytes()), told);
        }
    }
}

#[test]
fn the_own_file_of_the_image_says_nothing_until_its_owner_does() {
    let template = include_str!("../../image/stead.toml");
    assert!(toml::from_str::<toml::Table>(template).unwrap().is_empty());
    let said: String = template
        .lines()
        .filter_map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')))
        .flat_map(|line| [line, "\n"])
        .collect();
    let (_folder, config) = both("", said.as_bytes());
    assert!(matches!(config.own, Own::Taken { .. }), "{said}: {:?}", config.own);
    assert!(config.mail.is_some() && config.system.update_source.is_some());
    assert_eq!(config.net.plain_playback, PlainPlayback::OnLink);
}

#[test]
fn the_config_of_the_image_names_a_file_for_its_owner() {
    let config = load(include_str!("../../systemd/etc/stead/stead.toml")).unwrap();
    assert!(config.system.helper.is_some());
    let raw = parse("stead.toml", include_str!("../../systemd/etc/stead/stead.toml")).unwrap();
    assert_eq!(raw.system.own_config, Path::new("/boot/stead/stead.toml"));
}
