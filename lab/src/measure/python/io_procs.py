"""Fetching in a pool of processes."""


class Procs(Fetching):
    """A process waits for its answers alone, and the others wait beside it."""

    def start(self):
        self.pool = Workers(self.workers, open_session, self.setup)

    def round(self):
        return self.pool.map(fetch, range(self.requests))


def open_session(setup):
    # A session per process: nothing is shared.
    global own
    own = Fetching(setup)
    own.session = Session(own.targets)


def fetch(number):
    return own.session.get(*own.request(number))


serve(Procs)
