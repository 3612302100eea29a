import marshal
import os

# What one interpreter runs. It shares no objects with us: its code comes as bytes, and what it
# did goes back through a pipe.
WORKER = """
import marshal, os, time, types
pi = types.FunctionType(marshal.loads({code!r}), globals())
pi.__defaults__ = (50,)
count, begun = 0, {begun!r}
while time.monotonic() - begun < {duration!r}:
    pi()
    count += 1
os.write({pipe}, ("%d %r" % (count, time.monotonic() - begun)).encode())
"""


def own_interpreters():
    try:
        import _interpreters as interpreters  # 3.13
    except ImportError:
        import _xxsubinterpreters as interpreters  # 3.12
    workers = [(interpreters.create(), os.pipe()) for _ in range(SET["threads"])]

    def run(number, begun):
        interpreter, (_, write) = workers[number]
        code = marshal.dumps(pi.__code__)
        interpreters.run_string(interpreter, WORKER.format(
            code=code, begun=begun, duration=SET["duration_s"], pipe=write))

    used, begun = processor_time(), now()
    together(SET["threads"], run)
    wall = now() - begun
    done = [os.read(read, 100).split() for _, (read, _) in workers]
    return {
        "calls_per_s": sum(int(count) for count, _ in done) / max(float(s) for _, s in done),
        "cpus_busy": (processor_time() - used) / wall,
    }


say(own_interpreters() if SET["scope"] == "own" else throughput())
