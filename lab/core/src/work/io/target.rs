//! One URL to fetch, resolved before anything is timed, and what a right answer to it is.
//!
//! Our own server (see [`crate::work::server`]) is held to the byte: the number of the request, the
//! length and the checksum of the content. Of any other server only the status is known.
//!
//! Read after [`super::http`]; read next [`super::session`].

use std::io::{self, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::http::{Page, REQUEST_ID_FIELD, RequestId};
use crate::terms::error::{LabError, Result};
use crate::work::pages::{Content, PAGES};
use trainyard::sys::limits;

/// How long a server may take to accept a connection. On a healthy machine it takes microseconds;
/// a longer wait only delays the bad news.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    url: String,
    /// As the `Host` field says it.
    host: String,
    /// Path and query.
    path: String,
    /// Never empty. The first one is used.
    addresses: Vec<SocketAddr>,
    /// What our own server answers; unknown of any other.
    content: Option<&'static Content>,
}

impl Target {
    /// Reads `http://host[:port][/path][?query]` and looks the host up.
    /// Fails with [`LabError::BadInput`]: the URL, and what is wrong with it.
    pub fn parse(url: &str) -> Result<Self> {
        let refuse = |why: &str| LabError::BadInput(format!("{why}: {url}"));
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        match scheme.to_ascii_lowercase().as_str() {
            "http" => {}
            "https" => return Err(refuse("https is not supported, only http://")),
            _ => return Err(refuse("a url begins with http://, this one does not")),
        }
        // What follows goes into the request as it is, so a space or a line break would forge it.
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse("a url is made of visible ascii characters, this one is not"));
        }
        let rest = rest.split('#').next().unwrap_or(rest);
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let (name, port) =
            split_host(host).ok_or_else(|| refuse("no valid host and port in url"))?;
        let addresses: Vec<SocketAddr> = (name, port)
            .to_socket_addrs()
            .map_err(|error| refuse(&format!("cannot find host {name} ({error})")))?
            .collect();
        if addresses.is_empty() {
            return Err(refuse(&format!("host {name} has no address")));
        }
        Ok(Self { url: url.to_owned(), host: host.to_owned(), path, addresses, content: None })
    }

    /// The pages of our own server at `address`, in the order in which the notes' programs fetch
    /// them in turn.
    pub fn all_of(address: SocketAddr) -> Vec<Self> {
        PAGES.iter().map(|content| Self::ours(address, content)).collect()
    }

    fn ours(address: SocketAddr, content: &'static Content) -> Self {
        Self {
            url: format!("http://{address}{}", content.path),
            host: address.to_string(),
            path: content.path.to_owned(),
            addresses: vec![address],
            content: Some(content),
        }
    }

    /// Connects once, and from now on uses the address that answered: `localhost` often has two,
    /// and a server listens on one of them. Fails with [`LabError::BadInput`]: the URL, and every
    /// refusal.
    pub fn reach(mut self) -> Result<Self> {
        let mut refusals = Vec::new();
        for (index, address) in self.addresses.iter().enumerate() {
            let Err(error) = TcpStream::connect_timeout(address, CONNECT_TIMEOUT) else {
                self.addresses.swap(0, index);
                return Ok(self);
            };
            refusals.push(limits::named(error).to_string());
        }
        refusals.dedup();
        let refusals = refusals.join("; ");
        Err(LabError::BadInput(format!("cannot connect to {}: {refusals}", self.url)))
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Appends the request with the number `id`, as it goes over the wire.
    pub(super) fn encode_request(&self, id: RequestId, out: &mut Vec<u8>) {
        let (Self { host, path, .. }, id) = (self, id.0);
        write!(
            out,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: trainyard\r\nAccept: */*\r\n\
             {REQUEST_ID_FIELD}: {id}\r\n\r\n"
        )
        .expect("writing to memory does not fail");
    }

    pub fn check(&self, page: &Page, id: RequestId) -> Result<()> {
        if page.status != 200 {
            let status = page.status;
            return Err(self.failed(format_args!("the server answered with status {status}")));
        }
        let Some(content) = self.content else { return Ok(()) };
        let RequestId(id) = id;
        if page.request_id != Some(RequestId(id)) {
            let other = page.request_id.map_or("none".to_owned(), |other| other.0.to_string());
            return Err(self.failed(format_args!("request {id} got the answer of request {other}")));
        }
        let (len, sum) = (content.body.len() as u64, content.checksum);
        let Page { body_len, checksum, .. } = page;
        if (*body_len, *checksum) == (len, sum) {
            return Ok(());
        }
        Err(self.failed(format_args!(
            "request {id} got {body_len} bytes with checksum {checksum:08x}, not {len} with {sum:08x}"
        )))
    }

    pub fn unreachable(&self, error: io::Error) -> LabError {
        self.failed(format_args!("cannot connect: {}", limits::named(error)))
    }

    pub fn failed(&self, why: impl std::fmt::Display) -> LabError {
        LabError::failed(&self.url, why)
    }
}

/// Splits `name`, `name:port`, `[v6]` or `[v6]:port`; the port is 80 unless given.
fn split_host(host: &str) -> Option<(&str, u16)> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let (name, port) = match host.rfind(':') {
        Some(colon) if !host.ends_with(']') => (&host[..colon], &host[colon + 1..]),
        _ => (host, "80"),
    };
    let name = match name.strip_prefix('[') {
        Some(v6) => v6.strip_suffix(']').filter(|v6| v6.parse::<Ipv6Addr>().is_ok())?,
        None => Some(name).filter(|name| !name.is_empty() && name.bytes().all(is_legal))?,
    };
    // `parse` alone would take a sign.
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|port| digits && *port != 0)?;
    Some((name, port))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_url_is_split_into_address_host_and_path() {
        for (url, address, host, path) in [
            ("http://127.0.0.1:8000/dice", "127.0.0.1:8000", "127.0.0.1:8000", "/dice"),
            ("HTTP://127.0.0.1", "127.0.0.1:80", "127.0.0.1", "/"),
            ("http://127.0.0.1/a?b=c#d", "127.0.0.1:80", "127.0.0.1", "/a?b=c"),
            ("http://127.0.0.1?b", "127.0.0.1:80", "127.0.0.1", "/?b"),
            ("http://[::1]:8000/", "[::1]:8000", "[::1]:8000", "/"),
            ("http://[::1]", "[::1]:80", "[::1]", "/"),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!(target.address(), address.parse().unwrap());
            assert_eq!((&*target.host, &*target.path, target.url()), (host, path, url));
            let mut request = Vec::new();
            target.encode_request(RequestId(7), &mut request);
            let request = String::from_utf8(request).unwrap();
            assert!(request.starts_with(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n")));
            assert!(request.ends_with("\r\nX-Request-Id: 7\r\n\r\n"), "{request}");
        }
    }

    #[test]
    fn a_url_that_cannot_be_fetched_is_refused_in_one_line() {
        let refused = |url: &str| match Target::parse(url) {
            Err(LabError::BadInput(line)) => line,
            other => panic!("{url}: {other:?}"),
        };
        let host = "no valid host and port in url";
        for (why, urls) in [
            ("https is not supported, only http://", "https://a/"),
            ("a url begins with http://, this one does not", "ftp://a/ //http://a/ a"),
            (host, "http:// http://:80 http://a: http://a:0 http://a:+1 http://a:65536 http://u@a"),
            (host, "http://[::1 http://[::1]80 http://::1 http://[a]"),
        ] {
            for url in urls.split(' ') {
                assert_eq!(refused(url), format!("{why}: {url}"));
            }
        }
        assert!(refused("http://a/b c").starts_with("a url is made of visible ascii characters, "));
        let line = refused("http://nowhere.invalid/");
        assert!(line.starts_with("cannot find host nowhere.invalid ("), "{line}");
        assert!(line.ends_with("): http://nowhere.invalid/"), "{line}");
    }

    #[test]
    fn the_address_that_answers_is_used_and_a_server_that_refuses_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        // A client's own port: nobody listens there, and while it is connected nobody can.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let closed = client.local_addr().unwrap();
        let mut target = Target::parse(&format!("http://{open}/")).unwrap();
        target.addresses.insert(0, closed);
        assert_eq!(target.reach().unwrap().address(), open);
        let error = Target::parse(&format!("http://{closed}/")).unwrap().reach().unwrap_err();
        let line = format!("cannot connect to http://{closed}/: Connection refused (os error 111)");
        assert_eq!(error, LabError::BadInput(line));
    }

    #[test]
    fn our_own_pages_are_held_to_the_byte_and_others_to_their_status() {
        let content = &PAGES[1];
        let ours = Target::ours("127.0.0.1:1".parse().unwrap(), content);
        let id = RequestId(3);
        let right = Page {
            status: 200,
            request_id: Some(id),
            body_len: content.body.len() as u64,
            checksum: content.checksum,
            keep_alive: true,
        };
        assert_eq!(ours.check(&right, id), Ok(()));
        let theirs = Target::parse("http://127.0.0.1:1/").unwrap();
        for page in [
            Page { status: 503, ..right },
            Page { request_id: None, ..right },
            Page { request_id: Some(RequestId(4)), ..right },
            Page { body_len: 275, ..right },
            Page { checksum: 0, ..right },
        ] {
            let line = ours.check(&page, id).unwrap_err().to_string();
            assert!(line.starts_with("http://127.0.0.1:1/dice: "), "{line}");
            assert_eq!(theirs.check(&page, id).is_ok(), page.status == 200);
        }
    }
}
