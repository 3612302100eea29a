//! Output files against links, full disks, and what dead processes leave.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn text(text: &str) -> impl FnOnce(&mut File) -> io::Result<()> {
    move |file| file.write_all(text.as_bytes())
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
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("sub")).unwrap();
    fs::write(at("old"), "").unwrap();
    fs::hard_link(at("old"), at("hard")).unwrap();
    symlink("old", at("link")).unwrap();
    symlink("new", at("dangling")).unwrap();
    symlink("round", at("round")).unwrap();
    for (one, other, expected) in [
        ("old", "./old", true),
        ("old", "sub/../old", true),
        ("old", "hard", true),
        ("old", "link", true),
        ("new", "sub/../new", true),
        ("new", "dangling", true),
        ("new", "old", false),
        ("new", "newer", false),
        ("new", "sub/new", false),
        ("round", "old", false),
        ("missing/x", "missing/y", false),
    ] {
        assert_eq!(is_same(&at(one), &at(other)), expected, "{one} {other}");
        assert_eq!(is_same(&at(other), &at(one)), expected, "{other} {one}");
    }
}

#[test]
fn checking_a_file_neither_makes_nor_empties_it() {
    let folder = tempfile::tempdir().unwrap();
    let (new, old) = (folder.path().join("new"), folder.path().join("old"));
    fs::write(&old, "kept").unwrap();
    symlink("nothing", folder.path().join("dangling")).unwrap();
    for path in [&new, &old, &folder.path().join("dangling")] {
        assert_eq!(check_writable(path), Ok(()), "{path:?}");
    }
    assert_eq!(names(folder.path()), ["dangling", "old"]);
    assert_eq!(fs::read_to_string(&old).unwrap(), "kept");
    assert!(check_writable(Path::new("/")).is_err());
    let error = check_writable(Path::new("/no/such/folder/x.json")).unwrap_err();
    let line = "cannot write to '/no/such/folder/x.json': No such file or directory";
    assert!(error.to_string().starts_with(line), "{error}");
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn a_file_is_replaced_with_its_mode_and_a_link_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("old"), "something longer than the document").unwrap();
    fs::set_permissions(at("old"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("old", at("link")).unwrap();
    symlink("created", at("dangling")).unwrap();
    for (path, lands_in) in [("link", "old"), ("dangling", "created"), ("new", "new")] {
        write(&at(path), Extent::Whole, text("short")).unwrap();
        assert_eq!(fs::read_to_string(at(lands_in)).unwrap(), "short", "{path}");
    }
    assert_eq!(fs::metadata(at("old")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_link(at("link")).unwrap(), Path::new("old"));
    assert_eq!(names(folder.path()), ["created", "dangling", "link", "new", "old"]);
}

/// Fails if a file is written in place.
#[test]
fn what_cannot_be_finished_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old");
    fs::write(&old, "kept").unwrap();
    let error = write(&old, Extent::Whole, |file| {
        file.write_all(b"half")?;
        Err(ErrorKind::StorageFull.into())
    });
    let line = format!("cannot write to '{}': no storage space", old.display());
    assert_eq!(error.unwrap_err().to_string(), line);
    assert_eq!(fs::read_to_string(&old).unwrap(), "kept");
    assert_eq!(names(folder.path()), ["old"]);
}

#[test]
fn a_device_is_written_as_it_is() {
    let full = write(Path::new("/dev/full"), Extent::Whole, text("x")).unwrap_err();
    assert!(full.to_string().starts_with("cannot write to '/dev/full': No space left"), "{full}");
    assert_eq!(
        write(Path::new("/dev/null"), Extent::Partial, text("x")).unwrap(),
        Path::new("/dev/null")
    );
}

/// Fails if an interrupted run takes the place of a whole one.
#[test]
fn a_part_does_not_replace_an_earlier_result() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("old"), "whole").unwrap();
    fs::write(at("empty"), "").unwrap();
    for (path, lands_in) in [("old", "old.incomplete"), ("empty", "empty"), ("new", "new")] {
        assert_eq!(write(&at(path), Extent::Partial, text("part")).unwrap(), at(lands_in));
        assert_eq!(fs::read_to_string(at(lands_in)).unwrap(), "part");
    }
    assert_eq!(fs::read_to_string(at("old")).unwrap(), "whole");
}

#[test]
fn what_dead_processes_left_is_swept_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let own = std::process::id();
    let (dead, alive) = (u32::MAX, format!("x.cpu-sync-1-0.{own}.flight"));
    let left = [format!("x.{dead}.unfinished"), format!("x.cpu-sync-1-0.{dead}.flight")];
    let kept = [alive, format!("y.{dead}.unfinished"), format!("x.{dead}.new"), "x.flight".into()];
    for name in left.iter().chain(&kept) {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let path = folder.path().join("x");
    write(&path, Extent::Whole, text("new")).unwrap();
    let mut expected = kept.to_vec();
    expected.push("x".to_owned());
    expected.sort();
    assert_eq!(names(folder.path()), expected);
}

#[test]
fn a_name_of_any_length_has_room_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n".repeat(255));
    write(&path, Extent::Whole, text("new")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
}
