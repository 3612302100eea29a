//! What a process may do with a folder, asked without doing it.
//!
//! See `access(2)`, `eaccess(3)`.

use std::io;
use std::path::Path;

use nix::unistd::{AccessFlags, eaccess};

/// Tells whether this process may make a file in `folder`. Makes none, so a full disk and a file
/// system that takes no files, as `/proc`, are found only by trying.
///
/// # Errors
///
/// Fails if it may not, with the kernel's reason: no permission, a read-only file system, no such
/// folder.
pub fn may_create_in(folder: &Path) -> io::Result<()> {
    let flags = AccessFlags::W_OK | AccessFlags::X_OK;
    eaccess(folder, flags).map_err(super::named("eaccess"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_asked_and_stays_as_it_is() {
        may_create_in(&std::env::temp_dir()).unwrap();
        let why = may_create_in(Path::new("/no/such/folder")).unwrap_err();
        assert_eq!(why.kind(), io::ErrorKind::NotFound);
        assert!(why.to_string().starts_with("eaccess: No such file"), "{why}");
    }
}
