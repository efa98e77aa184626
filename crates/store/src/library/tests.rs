//! library.db against a real SQLite file.

use std::path::Path;

use stead_rules::ids::{
    AccountId, BoxId, ContentKey, FileId, IssuerId, ItemId, LibraryId, RootId, UserId,
};
use stead_rules::media::{ItemKind, LibraryKind};
use stead_rules::policy::Role;
use stead_rules::time::WallMs;

use super::item::ItemRow;
use super::lists::{Order, PartPlace, of_kind, parts};
use super::put::{Entry, FileFacts, Place, Remembered};
use super::{detail, folders, home, missing, pictures, problems, put, roots, search, totals};
use crate::accounts::claim::Server;
use crate::accounts::identity::{Account, User};
use crate::accounts::libraries::{LibraryRow, RootRow};
use crate::accounts::user_data::Progress;
use crate::accounts::{identity, libraries, user_data};
use crate::{Store, StoreError};

const NOW: WallMs = WallMs(1_700_000_000_000);
const LIBRARY: LibraryId = LibraryId::from_bytes([1; 16]);
const OTHER: LibraryId = LibraryId::from_bytes([2; 16]);
const OWNER: UserId = UserId::from_bytes([1; 16]);
const MEMBER: UserId = UserId::from_bytes([2; 16]);

/// Two libraries, an owner, and a member who sees the first.
struct World {
    _folder: tempfile::TempDir,
    store: Store,
    next: std::cell::Cell<u8>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server {
            box_id: BoxId::from_bytes([7; 16]),
            name: "Stead".into(),
            generation: 1,
            epoch: 0,
            clock_mark: NOW,
            link_key: vec![1; 32],
            created_by: "0.1.0".into(),
        };
        let store = Store::create(folder.path(), &server).unwrap();
        let write = store.accounts.write(|tx| {
            let issuer = identity::embedded_issuer(tx, IssuerId::from_bytes([9; 16]), NOW)?;
            for (id, role) in [(OWNER, Role::Owner), (MEMBER, Role::Member)] {
                let account = Account {
                    id: AccountId::from_bytes(*id.as_bytes()),
                    login: id.to_string(),
                    name: id.to_string(),
                    password_hash: "x".into(),
                    epoch: 0,
                    enabled: true,
                };
                identity::make_account(tx, &account, NOW)?;
                let user = User {
                    id,
                    issuer,
                    sub: account.id.to_string(),
                    account: account.id,
                    name: account.name,
                    role,
                    enabled: true,
                    epoch: 0,
                };
                identity::make_user(tx, &user, NOW)?;
            }
            for (id, name) in [(LIBRARY, "seen"), (OTHER, "hidden")] {
                let row = LibraryRow { id, name: name.into(), kind: LibraryKind::Mixed };
                let root = RootRow {
                    id: RootId::from_bytes(*id.as_bytes()),
                    library: id,
                    path: Path::new("/media").join(name),
                    marker: None,
                };
                libraries::add(tx, &row, &root, NOW)?;
            }
            libraries::share(tx, LIBRARY, MEMBER, NOW)
        });
        write.unwrap();
        Self { _folder: folder, store, next: std::cell::Cell::new(0) }
    }

    fn fresh(&self) -> [u8; 16] {
        self.next.set(self.next.get() + 1);
        [self.next.get(); 16]
    }

    fn entry(&self, kind: ItemKind, title: &str) -> Entry {
        Entry {
            id: ItemId::from_bytes(self.fresh()),
            kind,
            fold_key: matches!(kind, ItemKind::Artist | ItemKind::Album | ItemKind::Series)
                .then(|| title.to_owned()),
            title: title.into(),
            sort_title: title.to_lowercase(),
            subtitle: None,
            year: None,
            season: None,
            number: None,
            disc: None,
            taken_ms: None,
            context: String::new(),
        }
    }

    fn facts(&self, name: &str) -> FileFacts {
        let id = self.fresh();
        FileFacts {
            id: FileId::from_bytes(id),
            name: name.into(),
            inode: i64::from(id[0]),
            size: 10,
            mtime_ns: 5,
            content: ContentKey::from_bytes(id),
            container: "mp4".into(),
            video: Some("h264".into()),
            audio: None,
            duration_ms: Some(600_000),
            picture: Some((320, 180)),
            cover: None,
            age: None,
            described: 0,
        }
    }

    /// Enters a file at `path` of `library` and answers its number and its folder's.
    fn put(&self, library: LibraryId, path: &str, parents: &[Entry], leaf: &Entry) -> (i64, i64) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.put_facts(library, folder, parents, leaf, &self.facts(name), None)
    }

    fn put_facts(
        &self,
        library: LibraryId,
        folder: &str,
        parents: &[Entry],
        leaf: &Entry,
        facts: &FileFacts,
        known_file_n: Option<i64>,
    ) -> (i64, i64) {
        let work = |tx: &crate::WriteTx<'_, crate::Library>| {
            let root = roots::enter(tx, library, RootId::from_bytes(*library.as_bytes()))?;
            let folder_n = folders::enter(tx, root.n, folder.as_bytes())?;
            let place = Place { lib_n: root.lib_n, folder_n, known_file_n, now_ms: NOW.0 };
            put::file(tx, &mut Remembered::default(), place, parents, leaf, facts)?;
            let known = folders::entries(tx, folder_n)?;
            let file = known.iter().find(|entry| entry.name == facts.name).unwrap();
            Ok::<_, StoreError>((file.file.unwrap().0, folder_n))
        };
        self.store.library.write(work).unwrap()
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&crate::WriteTx<'_, crate::Library>) -> Result<T, StoreError>,
    ) -> T {
        self.store.library.write(work).unwrap()
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&crate::ReadTx<'_, crate::Library>) -> Result<T, StoreError>,
    ) -> T {
        self.store.library.read(work).unwrap()
    }

    fn titles(&self, user: UserId, library: LibraryId, kind: ItemKind) -> Vec<String> {
        let order = Order::Title(None);
        titles(self.read(|tx| of_kind(tx, user, library, kind, &order, 50)))
    }

    fn found(&self, user: UserId, text: &str) -> Vec<String> {
        titles(self.read(|tx| search::search(tx, user, &[], text, 20)))
    }
}

fn titles(rows: Vec<ItemRow>) -> Vec<String> {
    rows.into_iter().map(|row| row.title).collect()
}

#[test]
fn lists_go_on_where_the_last_page_ended() {
    let world = World::new();
    for title in ["C", "a", "B", "d", "A"] {
        world.put(LIBRARY, &format!("{title}.mp4"), &[], &world.entry(ItemKind::Film, title));
    }
    let mut order = Order::Title(None);
    let mut seen = Vec::new();
    loop {
        let page = world.read(|tx| of_kind(tx, OWNER, LIBRARY, ItemKind::Film, &order, 2));
        let Some(last) = page.last() else { break };
        order = Order::Title(Some((last.sort_title.clone(), last.n)));
        seen.extend(titles(page));
    }
    assert_eq!(seen, ["a", "A", "B", "C", "d"]);
}

#[test]
fn what_is_hidden_shows_nowhere() {
    let world = World::new();
    let hidden = world.entry(ItemKind::Film, "Secret");
    let (_, folder_n) = world.put(OTHER, "s.mp4", &[], &hidden);
    let key = ContentKey::from_bytes([world.next.get(); 16]);
    let season = world.entry(ItemKind::Season, "Season 1");
    let episode = world.entry(ItemKind::Episode, "Pilot");
    world.put(OTHER, "e.mp4", std::slice::from_ref(&season), &episode);
    world.write(|tx| problems::put(tx, &broken(folder_n, b"b.mp4", 1)));
    let progress = Progress { position_ms: 300_000, duration_ms: Some(600_000), watched: false };
    for user in [OWNER, MEMBER] {
        world
            .store
            .accounts
            .write(|tx| user_data::put_progress(tx, user, key, &progress, NOW))
            .unwrap();
    }
    for (user, expected) in [(OWNER, 1), (MEMBER, 0)] {
        assert_eq!(world.titles(user, OTHER, ItemKind::Film).len(), expected);
        assert_eq!(world.found(user, "secr").len(), expected);
        assert_eq!(world.read(|tx| home::continued(tx, user, &[], 9)).len(), expected);
        let kinds = [ItemKind::Film];
        let latest = world.read(|tx| home::latest(tx, user, OTHER, &kinds, 9));
        assert_eq!(latest.len(), expected);
        assert_eq!(world.read(|tx| detail::item(tx, user, hidden.id)).iter().len(), expected);
        let playable = world.read(|tx| detail::playable(tx, user, hidden.id));
        assert_eq!(playable.iter().len(), expected);
        world.write(|tx| pictures::settle(tx, 1, pictures::Became::Made { version: 1, of: None }));
        let shown = world.read(|tx| pictures::shown(tx, user, hidden.id));
        assert_eq!(shown.iter().len(), expected);
        world.write(|tx| pictures::want_again_in(tx, folder_n));
        let awaited = world.read(|tx| pictures::awaited(tx, user, hidden.id));
        assert_eq!(awaited.iter().len(), expected);
        let told = world.read(|tx| problems::of_library(tx, user, OTHER, 9));
        assert_eq!(told.len(), expected);
        let place = PartPlace::default();
        assert_eq!(world.read(|tx| parts(tx, user, season.id, &place, 9)).len(), expected);
    }
}

#[test]
fn a_playable_file_is_found_under_its_librarys_folder() {
    let world = World::new();
    let film = world.entry(ItemKind::Film, "Film");
    world.put(LIBRARY, "deep/down/film.mp4", &[], &film);
    let file = world.read(|tx| detail::playable(tx, MEMBER, film.id)).unwrap();
    assert_eq!(file.root.join(&file.path), Path::new("/media/seen/deep/down/film.mp4"));
}

#[test]
fn parts_come_by_disc_and_number_and_search_finds_them_by_their_whole() {
    let world = World::new();
    let artist = world.entry(ItemKind::Artist, "Ohm");
    let album = world.entry(ItemKind::Album, "Strom");
    for (disc, number, title) in [(2, 1, "Three"), (1, 2, "Two"), (1, 1, "One")] {
        let mut track = world.entry(ItemKind::Track, title);
        (track.disc, track.number) = (Some(disc), Some(number));
        track.context = "Ohm Strom".into();
        let parents = [artist.clone(), album.clone()];
        world.put(LIBRARY, &format!("{title}.mp3"), &parents, &track);
    }
    let tracks = world.read(|tx| parts(tx, OWNER, album.id, &PartPlace::default(), 9));
    let place =
        PartPlace { disc: 1, number: 1, title: tracks[0].sort_title.clone(), n: tracks[0].n };
    assert_eq!(titles(tracks), ["One", "Two", "Three"]);
    let rest = world.read(|tx| parts(tx, OWNER, album.id, &place, 9));
    assert_eq!(titles(rest), ["Two", "Three"]);
    assert_eq!(world.found(OWNER, "ohm thr"), ["Three"]);
    let row = world.read(|tx| detail::item(tx, OWNER, album.id)).unwrap();
    assert_eq!((row.children, row.parent), (3, Some(artist.id)));
    let up = world.read(|tx| detail::ancestors(tx, tracks_id(tx, album.id)));
    assert_eq!(up.iter().map(|one| one.title.as_str()).collect::<Vec<_>>(), ["Ohm", "Strom"]);
}

fn tracks_id(tx: &crate::ReadTx<'_, crate::Library>, album: ItemId) -> ItemId {
    parts(tx, OWNER, album, &PartPlace::default(), 1).unwrap()[0].id
}

#[test]
fn a_changed_tag_moves_a_track_and_an_empty_album_goes() {
    let world = World::new();
    let track = world.entry(ItemKind::Track, "One");
    let before = world.entry(ItemKind::Album, "Strom");
    let facts = world.facts("1.mp3");
    let (file_n, _) =
        world.put_facts(LIBRARY, "", std::slice::from_ref(&before), &track, &facts, None);
    let after = world.entry(ItemKind::Album, "Spannung");
    let again = world.entry(ItemKind::Track, "Eins");
    world.put_facts(LIBRARY, "", &[after], &again, &facts, Some(file_n));
    assert_eq!(world.titles(OWNER, LIBRARY, ItemKind::Album), ["Spannung"]);
    assert_eq!(world.titles(OWNER, LIBRARY, ItemKind::Track), ["Eins"]);
    assert_eq!(world.found(OWNER, "one"), [""; 0]);
    let row = world.read(|tx| detail::item(tx, OWNER, track.id)).unwrap();
    assert_eq!(row.title, "Eins", "the item keeps its id");
}

#[test]
fn two_versions_are_one_film_that_stays_while_one_is_there() {
    let world = World::new();
    let mut film = world.entry(ItemKind::Film, "Film");
    film.fold_key = Some("film|1999".into());
    let (first, folder_n) = world.put(LIBRARY, "film-a.mp4", &[], &film);
    let (second, _) = world.put(LIBRARY, "film-b.mp4", &[], &film);
    assert_eq!(world.titles(OWNER, LIBRARY, ItemKind::Film), ["Film"]);
    world.write(|tx| missing::file_gone(tx, first, folder_n, NOW.0));
    assert_eq!(world.titles(OWNER, LIBRARY, ItemKind::Film), ["Film"]);
    let file = world.read(|tx| detail::playable(tx, OWNER, film.id)).unwrap();
    assert_eq!(file.path, Path::new("film-b.mp4"));
    world.write(|tx| missing::file_gone(tx, second, folder_n, NOW.0));
    assert_eq!(world.titles(OWNER, LIBRARY, ItemKind::Film), [""; 0]);
}

#[test]
fn the_largest_version_plays_whichever_was_read_first() {
    for sizes in [[10, 30, 20], [30, 20, 10], [20, 10, 30]] {
        let world = World::new();
        let mut film = world.entry(ItemKind::Film, "Film");
        film.fold_key = Some("film|1999".into());
        for size in sizes {
            let duration_ms = Some(size * 1000);
            let facts = FileFacts { size, duration_ms, ..world.facts(&format!("film {size}.mp4")) };
            world.put_facts(LIBRARY, "", &[], &film, &facts, None);
        }
        let file = world.read(|tx| detail::playable(tx, OWNER, film.id)).unwrap();
        assert_eq!((file.size, file.watched_as), (30, file.content), "{sizes:?}");
        let shown = world.read(|tx| detail::item(tx, OWNER, film.id)).unwrap();
        assert_eq!(shown.duration_ms, Some(30_000), "{sizes:?}");
    }
}

#[test]
fn a_version_that_comes_later_plays_and_what_was_watched_stays() {
    let world = World::new();
    let mut film = world.entry(ItemKind::Film, "Film");
    film.fold_key = Some("film|1999".into());
    let first = world.facts("film.mp4");
    world.put_facts(LIBRARY, "", &[], &film, &first, None);
    let later = FileFacts { size: 99, ..world.facts("film - 4K.mp4") };
    world.write(|tx| {
        let place = Place { lib_n: 1, folder_n: 1, known_file_n: None, now_ms: NOW.0 + 1 };
        put::file(tx, &mut Remembered::default(), place, &[], &film, &later)
    });
    let file = world.read(|tx| detail::playable(tx, OWNER, film.id)).unwrap();
    assert_eq!((file.content, file.watched_as), (later.content, first.content));
}

#[test]
fn an_album_of_many_is_nobodys_whoever_was_read_first() {
    let by = |world: &World, artists: &[&str]| {
        let album = world.entry(ItemKind::Album, "Sampler");
        for (number, artist) in artists.iter().enumerate() {
            let whose = Entry { subtitle: Some((*artist).into()), ..album.clone() };
            let whose = Entry { id: ItemId::from_bytes(world.fresh()), ..whose };
            let mut track = world.entry(ItemKind::Track, &format!("Track {number}"));
            track.subtitle = Some((*artist).into());
            let parents = [world.entry(ItemKind::Artist, artist), whose];
            world.put(LIBRARY, &format!("{number}.mp3"), &parents, &track);
        }
        let order = Order::Title(None);
        let albums = world.read(|tx| of_kind(tx, OWNER, LIBRARY, ItemKind::Album, &order, 9));
        assert_eq!(albums.len(), 1);
        (albums[0].subtitle.clone(), world.titles(OWNER, LIBRARY, ItemKind::Artist))
    };
    for artists in [["Ohm", "Volt", "Ohm"], ["Volt", "Ohm", "Ohm"], ["Ohm", "Ohm", "Volt"]] {
        let world = World::new();
        assert_eq!(by(&world, &artists), (None, vec![]), "{artists:?}");
        assert_eq!(world.found(OWNER, "volt"), [""; 0], "nobody without anything is found");
    }
    let world = World::new();
    assert_eq!(by(&world, &["Ohm", "Ohm"]), (Some("Ohm".into()), vec!["Ohm".to_owned()]));
}

#[test]
fn what_is_gone_is_hidden_and_comes_back_with_its_id() {
    let world = World::new();
    let series = world.entry(ItemKind::Series, "Series");
    let episode = world.entry(ItemKind::Episode, "Pilot");
    let parents = std::slice::from_ref(&series);
    let (file_n, folder_n) = world.put(LIBRARY, "s/e.mkv", parents, &episode);
    world.write(|tx| missing::file_gone(tx, file_n, folder_n, NOW.0));
    assert_eq!(world.titles(OWNER, LIBRARY, ItemKind::Series), [""; 0]);
    assert_eq!(world.found(OWNER, "pilot"), [""; 0]);
    let facts = world.facts("f.mkv");
    let again = world.entry(ItemKind::Episode, "Pilot");
    let (_, elsewhere) = world.put_facts(LIBRARY, "t", parents, &again, &facts, Some(file_n));
    world.write(|tx| {
        // What the old folder still believes to have lost is here.
        missing::file_gone(tx, file_n, folder_n, NOW.0)?;
        missing::folder_gone(tx, folder_n)
    });
    assert_eq!(world.titles(OWNER, LIBRARY, ItemKind::Series), ["Series"]);
    let row = world.read(|tx| detail::item(tx, OWNER, episode.id)).unwrap();
    assert_eq!(row.title, "Pilot");
    assert_eq!(world.read(|tx| missing::files_in(tx, elsewhere)), [file_n]);
}

#[test]
fn what_was_gone_for_long_is_forgotten() {
    let world = World::new();
    let series = world.entry(ItemKind::Series, "Series");
    let parents = std::slice::from_ref(&series);
    let (old, folder_n) =
        world.put(LIBRARY, "a.mkv", parents, &world.entry(ItemKind::Episode, "A"));
    let (new, _) = world.put(LIBRARY, "b.mkv", parents, &world.entry(ItemKind::Episode, "B"));
    world.write(|tx| {
        missing::file_gone(tx, old, folder_n, 1000)?;
        missing::file_gone(tx, new, folder_n, 2000)
    });
    assert_eq!(world.write(|tx| missing::forget_old(tx, 1500, 10)), 1);
    assert_eq!(world.read(|tx| missing::count(tx, LIBRARY)), 1);
    assert_eq!(world.write(|tx| missing::forget_old(tx, 2500, 10)), 1);
    assert!(!world.read(|tx| folders::has_files(tx, 1)), "the series went with its last part");
}

#[test]
fn a_moved_file_is_known_by_inode_and_by_content() {
    let world = World::new();
    let facts = world.facts("a.mkv");
    let film = world.entry(ItemKind::Film, "A");
    let (file_n, folder_n) = world.put_facts(LIBRARY, "x", &[], &film, &facts, None);
    let root_n = 1;
    let same = (facts.inode, facts.size, facts.mtime_ns);
    let found = world.read(|tx| folders::by_inode(tx, root_n, same)).unwrap();
    assert_eq!((found.file_n, found.path.as_path()), (file_n, Path::new("x/a.mkv")));
    assert_eq!(world.read(|tx| folders::by_inode(tx, root_n, (same.0, same.1, 0))), None);
    assert_eq!(world.read(|tx| folders::missing_by_content(tx, 1, facts.content)), None);
    world.write(|tx| missing::file_gone(tx, file_n, folder_n, NOW.0));
    let found = world.read(|tx| folders::missing_by_content(tx, 1, facts.content)).unwrap();
    assert_eq!(found.file_n, file_n);
}

#[test]
fn resuming_is_offered_in_the_middle_of_long_things() {
    let world = World::new();
    let cases = [(0, 0), (29_000, 0), (30_000, 1), (540_000, 1), (541_000, 0)];
    world.put(LIBRARY, "a.mkv", &[], &world.entry(ItemKind::Film, "A"));
    let key = ContentKey::from_bytes([world.next.get(); 16]);
    for (position_ms, expected) in cases {
        let progress = Progress { position_ms, duration_ms: Some(600_000), watched: false };
        world
            .store
            .accounts
            .write(|tx| user_data::put_progress(tx, OWNER, key, &progress, NOW))
            .unwrap();
        let rows = world.read(|tx| home::continued(tx, OWNER, &[], 5));
        assert_eq!(rows.len(), expected, "{position_ms}");
    }
}

fn broken(folder_n: i64, name: &[u8], reader: u32) -> problems::NewProblem<'_> {
    let (code, detail) = ("truncated", "The file is cut off.");
    problems::NewProblem { folder_n, name, size: 1, mtime_ns: 2, code, detail, reader }
}

#[test]
fn what_an_older_reader_could_not_use_is_looked_into_again() {
    let world = World::new();
    let film = world.entry(ItemKind::Film, "A");
    let (_, old) = world.put(LIBRARY, "old/a.mkv", &[], &film);
    let (_, new) = world.put(LIBRARY, "new/a.mkv", &[], &world.entry(ItemKind::Film, "B"));
    world.write(|tx| {
        problems::put(tx, &broken(old, b"b.mkv", 1))?;
        problems::put(tx, &broken(new, b"b.mkv", 2))?;
        folders::settle(tx, old, &[1; 16], 2)?;
        folders::settle(tx, new, &[1; 16], 2)?;
        problems::doubt_older(tx, 1, 2)
    });
    let all = world.read(|tx| folders::all(tx, 1));
    let settled: Vec<_> = all.iter().filter(|f| f.signature.is_some()).map(|f| f.n).collect();
    assert_eq!(settled, [new]);
    let times = |folder_n| {
        let known = world.read(|tx| folders::entries(tx, folder_n));
        known.iter().find(|entry| entry.file.is_none()).map(|entry| entry.mtime_ns)
    };
    assert_eq!((times(old), times(new)), (Some(problems::NO_TIME), Some(2)));
    assert_eq!(world.read(|tx| totals::of_library(tx, LIBRARY)).problems, 2, "until then");
}

#[test]
fn what_cannot_be_stored_leaves_nothing_behind_and_the_rest_goes_on() {
    let world = World::new();
    let (album, track) = (world.entry(ItemKind::Album, "Strom"), world.entry(ItemKind::Track, "A"));
    let place = world.write(|tx| {
        let root = roots::enter(tx, LIBRARY, RootId::from_bytes(*LIBRARY.as_bytes()))?;
        let folder_n = folders::enter(tx, root.n, b"")?;
        Ok(Place { lib_n: root.lib_n, folder_n, known_file_n: None, now_ms: NOW.0 })
    });
    let endless = FileFacts { duration_ms: Some(u64::MAX), ..world.facts("a.mp3") };
    let good = world.facts("b.mp3");
    world.write(|tx| {
        let mut remembered = Remembered::default();
        let parents = std::slice::from_ref(&album);
        let refused = put::file(tx, &mut remembered, place, parents, &track, &endless);
        assert!(refused.unwrap_err().is_of_the_value());
        let other = world.entry(ItemKind::Track, "B");
        put::file(tx, &mut remembered, place, &[], &other, &good)
    });
    assert_eq!(world.titles(OWNER, LIBRARY, ItemKind::Track), ["B"]);
    assert_eq!(world.titles(OWNER, LIBRARY, ItemKind::Album), [""; 0]);
}

#[test]
fn a_problem_is_told_and_goes_when_the_file_is_whole() {
    let world = World::new();
    let film = world.entry(ItemKind::Film, "A");
    let (_, folder_n) = world.put(LIBRARY, "a.mkv", &[], &film);
    world.write(|tx| problems::put(tx, &broken(folder_n, b"b.mkv", 1)));
    let told = world.read(|tx| problems::of_library(tx, OWNER, LIBRARY, 10));
    assert_eq!(told[0].path, Path::new("b.mkv"));
    let counted = world.read(|tx| totals::of_library(tx, LIBRARY));
    assert_eq!((counted.items, counted.problems), (1, 1));
    world.put(LIBRARY, "b.mkv", &[], &world.entry(ItemKind::Film, "B"));
    assert_eq!(world.read(|tx| totals::of_library(tx, LIBRARY)).problems, 0);
}

#[test]
fn pictures_are_wanted_made_and_shown_by_parts_too() {
    let world = World::new();
    let album = world.entry(ItemKind::Album, "Strom");
    let track = world.entry(ItemKind::Track, "One");
    let (file_n, folder_n) = world.put(LIBRARY, "1.mp3", std::slice::from_ref(&album), &track);
    let first = world.read(|tx| pictures::next(tx, 0)).unwrap();
    assert_eq!(first.kind, ItemKind::Album);
    let material = world.read(|tx| pictures::material(tx, first.n)).unwrap();
    assert_eq!((material.file_n, material.root.as_path()), (file_n, Path::new("/media/seen")));
    world
        .write(|tx| pictures::settle(tx, first.n, pictures::Became::Made { version: 1, of: None }));
    let shown = world.read(|tx| pictures::shown(tx, OWNER, track.id)).unwrap();
    assert_eq!((shown.item, shown.version), (album.id, 1));
    world.write(|tx| pictures::want_again_in(tx, folder_n));
    assert_eq!(world.read(|tx| pictures::next(tx, 0)).unwrap().n, first.n);
    assert_eq!(world.write(|tx| pictures::killed_worker(tx, file_n)), 1);
    assert_eq!(world.write(|tx| pictures::killed_worker(tx, file_n)), 2);
}

#[test]
fn a_library_is_forgotten_piece_by_piece() {
    let world = World::new();
    let series = world.entry(ItemKind::Series, "Series");
    for name in ["a.mkv", "b.mkv", "c.mkv"] {
        let episode = world.entry(ItemKind::Episode, name);
        world.put(LIBRARY, name, std::slice::from_ref(&series), &episode);
    }
    let mut rounds = 0;
    while !world.write(|tx| roots::forget(tx, LIBRARY, 2)) {
        rounds += 1;
    }
    assert_eq!(rounds, 2);
    assert_eq!(world.read(roots::libraries), []);
    assert_eq!(world.found(OWNER, "series"), [""; 0]);
}
