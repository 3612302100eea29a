"""The blocking client: what lab/core/src/work/io/session.rs is to ours, with http.client.

A session keeps a connection to each server. It is not made to be shared between threads.
"""
import struct
import zlib

try:
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit
except ImportError:  # Python 2
    from httplib import HTTPConnection, HTTPException
    from urlparse import urlsplit


class Target(object):
    """One URL."""

    def __init__(self, url, is_ours):
        parts = urlsplit(url)
        self.url = url
        self.is_ours = is_ours
        self.host = parts.netloc
        self.address = (parts.hostname, parts.port or 80)
        self.path = (parts.path or "/") + ("?" + parts.query if parts.query else "")


class Fetching(Arm):
    """What all io_*.py have in common: what is fetched, and what is known of an answer."""

    def __init__(self, setup):
        Arm.__init__(self, setup)
        is_ours = setup["server"] is not None
        self.targets = [Target(url, is_ours) for url in setup["params"]["urls"]]
        self.requests = setup["params"]["requests"]

    def request(self, number):
        """What request `number` fetches: the pages in turn, as in the article."""
        return self.targets[number % len(self.targets)], number

    def encode(self, page):
        status, checksum = page
        # Of a server that is not ours the content may differ each time.
        known = b"" if checksum is None else struct.pack("<Q", checksum)
        return struct.pack("<H", status) + known


def check(target, number, status, number_sent_back, body):
    """What is kept of a page. The length and content of ours are in the checksum of the round."""
    if status != 200:
        raise ValueError("%s: the server answered with status %d" % (target.url, status))
    if not target.is_ours:
        return status, None
    if number_sent_back != str(number):
        what = (target.url, number, number_sent_back)
        raise ValueError("%s: request %s got the answer of request %s" % what)
    return status, zlib.adler32(body) & 0xFFFFFFFF


class Session(object):
    """A connection to each server, which is kept from one request to the next."""

    def __init__(self, targets):
        self.connections = {}
        for address in set(target.address for target in targets):
            self.connections[address] = HTTPConnection(*address, timeout=30)
            self.connections[address].connect()

    def get(self, target, number):
        connection = self.connections[target.address]
        was_kept = connection.sock is not None
        try:
            return self.ask(connection, target, number)
        except (HTTPException, EnvironmentError):
            connection.close()
            if not was_kept:
                raise
        # The server may have closed a connection that it had kept; ask once more on a new one.
        return self.ask(connection, target, number)

    def ask(self, connection, target, number):
        fields = {"Host": target.host, "User-Agent": "trainyard", "X-Request-Id": str(number)}
        connection.request("GET", target.path, headers=fields)
        response = connection.getresponse()
        body = response.read()
        return check(target, number, response.status, response.getheader("X-Request-Id"), body)
