//! The two pages that the notes' programs fetch 80 times each, byte for byte known to both ends.

use std::io::Write;
use std::sync::LazyLock;

use crate::work::io::http::Adler32;

/// What is answered under one path.
#[derive(Debug, PartialEq, Eq)]
pub struct Content {
    pub path: &'static str,
    pub body: Vec<u8>,
    pub checksum: u64,
}

/// The pages in the order in which the notes' programs fetch them in turn, with the lengths that the
/// article's programs print for `www.jython.org` and `olympus.realpython.org/dice`.
pub static PAGES: LazyLock<[Content; 2]> =
    LazyLock::new(|| [content("/jython", 10_966), content("/dice", 276)]);

pub fn find(path: &str) -> Option<&'static Content> {
    PAGES.iter().find(|content| content.path == path)
}

fn content(path: &'static str, body_len: usize) -> Content {
    let mut body = format!("<!doctype html>\n<title>{path}</title>\n").into_bytes();
    for line in 1.. {
        if body.len() >= body_len {
            break;
        }
        writeln!(body, "<p>line {line} of {path}").expect("writing to memory does not fail");
    }
    body.truncate(body_len);
    let checksum = Adler32::of(&body);
    Content { path, body, checksum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_have_the_lengths_of_the_articles_pages_and_are_the_same_in_every_build() {
        let found = PAGES.iter().map(|page| (page.path, page.body.len(), page.checksum));
        let known = [("/jython", 10_966, 0xa8e6_7f23), ("/dice", 276, 0xf3ea_5559)];
        assert!(found.eq(known));
        assert_eq!(find("/"), None);
    }
}
