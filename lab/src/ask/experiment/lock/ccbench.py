say(serve() if CELL["probe"] else throughput())
