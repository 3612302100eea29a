"""Computing, one after another."""


class Sync(Computing):
    """The plain loop that every other model is measured against."""

    def round(self):
        return [compute(unit) for unit in self.inputs]


serve(Sync)
