"""Fetching, one page after another."""


class Sync(Fetching):
    """One session, and so one connection."""

    def start(self):
        self.session = Session(self.targets)

    def fetch(self, number):
        return self.session.get(*self.request(number))

    def round(self):
        return [self.fetch(number) for number in range(self.requests)]


serve(Sync)
