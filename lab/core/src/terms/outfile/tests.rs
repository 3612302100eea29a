//! Output files against links, full disks, and what dead processes leave.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use super::*;

fn text(text: &str) -> impl FnOnce(&mut File) -> io::Result<()> {
    move |file| file.write_all(text.as_bytes())
}

/// A folder of a test's own with files that hold something, and the path of a name in it.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, impl Fn(&str) -> PathBuf + use<>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let at = move |name: &str| path.join(name);
    for (name, text) in files {
        fs::write(at(name), text).unwrap();
    }
    (folder, at)
}

#[track_caller]
fn check(path: &Path, expected: &str) {
    assert_eq!(fs::read_to_string(path).unwrap(), expected, "{path:?}");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn one_file_is_known_under_every_spelling() {
    let (_folder, at) = folder(&[("old", "")]);
    fs::create_dir(at("sub")).unwrap();
    fs::hard_link(at("old"), at("hard")).unwrap();
    symlink("old", at("link")).unwrap();
    symlink("new", at("dangling")).unwrap();
    symlink("round", at("round")).unwrap();
    for (one, other, expected) in [
        ("old", &["./old", "sub/../old", "hard", "link"][..], true),
        ("new", &["sub/../new", "dangling"], true),
        ("new", &["old", "newer", "sub/new"], false),
        ("round", &["old"], false),
        ("missing/x", &["missing/y"], false),
    ] {
        for (one, other) in other.iter().flat_map(|other| [(one, *other), (*other, one)]) {
            assert_eq!(is_same(&at(one), &at(other)), expected, "{one} {other}");
        }
    }
}

#[test]
fn checking_a_file_neither_makes_nor_empties_it() {
    let (folder, at) = folder(&[("old", "kept")]);
    symlink("nothing", at("dangling")).unwrap();
    let changed = || {
        let metadata = fs::metadata(folder.path()).unwrap();
        (metadata.ctime(), metadata.ctime_nsec())
    };
    let before = changed();
    for name in ["new", "old", "dangling"] {
        assert_eq!(check_writable(&at(name)), Ok(()), "{name}");
    }
    assert_eq!(changed(), before, "a file was made and removed");
    assert_eq!(names(folder.path()), ["dangling", "old"]);
    check(&at("old"), "kept");
    for path in ["/", "", "/proc/no/such"] {
        assert!(check_writable(Path::new(path)).is_err(), "{path}");
    }
    let error = check_writable(Path::new("/no/such/folder/x.json")).unwrap_err();
    let line = "cannot write to '/no/such/folder/x.json': No such file or directory";
    assert!(error.to_string().starts_with(line), "{error}");
    assert_eq!(error.exit_code(), 2);
}

/// Root may write everywhere, and sees nothing here.
#[test]
fn a_folder_that_takes_no_file_is_refused_and_keeps_its_results() {
    let (folder, at) = folder(&[("old", "kept")]);
    let (new, old) = (at("new"), at("old"));
    let set_mode = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode));
    set_mode(0o555).unwrap();
    if may_create_in(folder.path()).is_err() {
        let refused = check_writable(&new).unwrap_err().to_string();
        assert_eq!(refused, format!("cannot write to '{}': permission denied", new.display()));
        assert_eq!(check_writable(&old), Ok(()));
        let part = write(&old, Extent::Partial, text("part")).unwrap();
        assert_eq!(part.parent(), Some(std::env::temp_dir().as_path()));
        check(&part, "part");
        fs::remove_file(part).unwrap();
        check(&old, "kept");
        write(&old, Extent::Whole, text("new")).unwrap();
        check(&old, "new");
        assert_eq!(names(folder.path()), ["old"]);
    }
    set_mode(0o755).unwrap();
}

#[test]
fn a_file_is_replaced_with_its_mode_and_a_link_stays_one() {
    let (folder, at) = folder(&[("old", "something longer than the document")]);
    fs::set_permissions(at("old"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("old", at("link")).unwrap();
    symlink("created", at("dangling")).unwrap();
    for (path, lands_in) in [("link", "old"), ("dangling", "created"), ("new", "new")] {
        write(&at(path), Extent::Whole, text("short")).unwrap();
        check(&at(lands_in), "short");
    }
    assert_eq!(fs::metadata(at("old")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_link(at("link")).unwrap(), Path::new("old"));
    assert_eq!(names(folder.path()), ["created", "dangling", "link", "new", "old"]);
}

/// Fails if a file is written in place.
#[test]
fn what_cannot_be_finished_leaves_the_old_file_and_nothing_else() {
    let (folder, at) = folder(&[("old", "kept")]);
    let old = at("old");
    let error = write(&old, Extent::Whole, |file| {
        file.write_all(b"half")?;
        Err(ErrorKind::StorageFull.into())
    });
    let line = format!("cannot write to '{}': no storage space", old.display());
    assert_eq!(error.unwrap_err().to_string(), line);
    check(&old, "kept");
    assert_eq!(names(folder.path()), ["old"]);
}

#[test]
fn a_device_is_written_as_it_is() {
    let full = write(Path::new("/dev/full"), Extent::Whole, text("x")).unwrap_err();
    assert!(full.to_string().starts_with("cannot write to '/dev/full': No space left"), "{full}");
    let null = Path::new("/dev/null");
    assert_eq!(write(null, Extent::Partial, text("x")).unwrap(), null);
}

/// Fails if an interrupted run takes the place of a whole one.
#[test]
fn a_part_does_not_replace_an_earlier_result() {
    let (_folder, at) = folder(&[("old", "whole"), ("empty", "")]);
    for (path, lands_in) in [("old", "old.incomplete"), ("empty", "empty"), ("new", "new")] {
        assert_eq!(write(&at(path), Extent::Partial, text("part")).unwrap(), at(lands_in));
        check(&at(lands_in), "part");
    }
    check(&at("old"), "whole");
}

/// Fails if another user could read a private result while it is written.
#[test]
fn an_unfinished_file_is_no_more_public_than_the_old_one() {
    let (_folder, at) = folder(&[("old", "whole")]);
    let old = at("old");
    fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for extent in [Extent::Partial, Extent::Whole] {
        let written = write(&old, extent, |file| {
            assert_eq!(file.metadata()?.permissions().mode() & 0o777, 0o600);
            file.write_all(b"new")
        });
        assert_eq!(mode(&written.unwrap()), 0o600, "{extent:?}");
    }
}

/// The kernel lets nobody replace a file that is mounted by itself, or another user's in /tmp.
#[test]
fn what_may_not_be_replaced_is_written_in_place_unless_it_is_another_file_by_now() {
    let (folder, at) = folder(&[("old", "something longer than it"), ("other", "kept")]);
    let (old, other) = (at("old"), at("other"));
    let metadata = fs::metadata(&old).unwrap();
    let copy_to = |target: &Path| {
        let (mut file, path) = leftovers::unfinished(&old, 0o600).unwrap();
        file.write_all(b"new").unwrap();
        replace::copy_over(&mut file, &path, target, &metadata).map_err(|why| why.to_string())
    };
    assert_eq!(copy_to(&old), Ok(()));
    check(&old, "new");
    assert_eq!(names(folder.path()), ["old", "other"]);
    let why = copy_to(&other).unwrap_err();
    assert!(why.contains("; what should be in it is in '"), "{why}");
    check(&other, "kept");
    assert_eq!(names(folder.path()).len(), 3, "the new content is not lost");
}

#[test]
fn what_dead_processes_left_is_swept_and_nothing_else() {
    let (dead, own) = (u32::MAX, std::process::id());
    let left = [
        format!("x.{dead}.unfinished"),
        format!("x.{own}-1.unfinished"),
        format!("x.cpu-sync-1-0.{dead}.flight"),
        format!("x.cpu-sync-1-0.{dead}.flight.{dead}-2.unfinished"),
    ];
    let mut kept = vec![
        // Its process lives.
        format!("x.cpu-sync-1-0.{own}.flight"),
        // Their processes live where `/proc` does not show them.
        format!("x.locked.{dead}.flight"),
        format!("x.{dead}-7.unfinished"),
        // They are another file's.
        format!("y.{dead}.unfinished"),
        format!("x.trace.{dead}.unfinished"),
        format!("x.trace.cpu-sync-1-0.{dead}.flight"),
        format!("x.trace.cpu-sync-1-0.{dead}.flight.{dead}.unfinished"),
        // Nobody here calls a file so.
        format!("x.{dead}.new"),
        "x.7-.unfinished".to_owned(),
        "x.flight".to_owned(),
    ];
    let files: Vec<(&str, &str)> = left.iter().chain(&kept).map(|name| (&**name, "")).collect();
    let (folder, at) = folder(&files);
    let locked = [1, 2].map(|index| File::open(at(&kept[index])).unwrap());
    assert!(locked.iter().all(|file| file.try_lock().is_ok()));
    write(&at("x"), Extent::Whole, text("new")).unwrap();
    kept.push("x".to_owned());
    kept.sort();
    assert_eq!(names(folder.path()), kept);
    drop(locked);
}

/// Fails if rings lie where nobody looks for them.
#[test]
fn rings_lie_where_they_are_swept() {
    let (folder, at) = folder(&[]);
    fs::create_dir(at("sub")).unwrap();
    symlink("sub/x", at("link")).unwrap();
    let long = "n".repeat(250);
    let socket = format!("rings-{}", std::process::id());
    let _socket = UnixListener::bind(at(&socket)).unwrap();
    let temporary = std::env::temp_dir();
    for (path, lies_in) in [
        ("link", at("sub")),
        ("new", folder.path().to_owned()),
        (&*long, folder.path().to_owned()),
        (&*socket, temporary),
    ] {
        let flight = flight_path(&at(path), "cpu/sync/1");
        assert_eq!(flight.parent(), Some(&*lies_in), "{path}");
        fs::write(&flight, "").unwrap();
        assert_ne!(flight_path(&at(path), "cpu/sync/1"), flight, "there is one already");
        assert_eq!(flights_left(&at(path)), [&*flight]);
        let own = format!(".{}.", std::process::id());
        let of_dead = flight.to_str().unwrap().replace(&own, &format!(".{}.", u32::MAX));
        fs::rename(&flight, &of_dead).unwrap();
        sweep(&at(path));
        assert!(!Path::new(&of_dead).exists(), "{of_dead}");
    }
}

#[test]
fn a_name_of_any_length_has_room_beside_it() {
    let (folder, at) = folder(&[]);
    let [path, other] = ["a", "b"].map(|end| at(&("n".repeat(254) + end)));
    let flight = flight_path(&path, &"r".repeat(200));
    fs::write(&flight, "").unwrap();
    assert_eq!(flights_left(&other), [""; 0].map(PathBuf::from), "they begin alike");
    write(&flight, Extent::Whole, text("rings")).unwrap();
    write(&path, Extent::Whole, text("new")).unwrap();
    check(&path, "new");
    assert_eq!(write(&path, Extent::Partial, text("x")).unwrap().parent(), Some(folder.path()));
}
