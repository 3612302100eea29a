import asyncio
import multiprocessing

# Appending is atomic on every CPython, adding is not.
noted, places = [], set()


def note():
    noted.append(None)
    places.add((os.getpid(), threading.get_ident()))


def footprint(pid="self"):
    """Bytes that are in memory and nobody else's, and bytes of addresses."""
    with open("/proc/%s/smaps_rollup" % pid) as maps, open("/proc/%s/status" % pid) as status:
        private = sum(int(line.split()[1]) for line in maps if line.startswith("Private_"))
        size = sum(int(line.split()[1]) for line in status if line.startswith("VmSize:"))
        return private * 1024.0, size * 1024.0


def figures(started_s, memory, size, alive):
    count = SET["count"]
    return {
        "started_s": started_s,
        "start_s": started_s / count,
        "memory_bytes": memory / count,
        "memory_all_bytes": memory,
        "virtual_bytes": size / count,
        "alive": alive,
        "sum": len(noted),
    }


async def stay():
    note()
    await asyncio.get_running_loop().create_future()


async def tasks():
    before, begun = footprint(), now()
    kept = [asyncio.ensure_future(stay()) for _ in range(SET["count"])]
    while len(noted) < SET["count"]:
        await asyncio.sleep(0)
    started, after = now() - begun, footprint()
    alive = len(asyncio.all_tasks()) - 1
    found = figures(started, after[0] - before[0], after[1] - before[1], alive)
    say(dict(found, threads=len(places), processes=1))
    # The end of a loop cancels each of them, which takes long; nobody needs that.
    os._exit(0 if kept else 1)


def threads():
    end, ready = threading.Event(), threading.Semaphore(0)

    def run():
        note()
        ready.release()
        end.wait()

    before, begun = footprint(), now()
    for _ in range(SET["count"]):
        spawn(run)
    for _ in range(SET["count"]):
        ready.acquire()
    started, after = now() - begun, footprint()
    found = figures(started, after[0] - before[0], after[1] - before[1], len(os.listdir("/proc/self/task")) - 1)
    say(dict(found, threads=len(places), processes=1))
    end.set()


def process(ready, end):
    note()
    ready.release()
    end.wait()


def processes():
    context = multiprocessing.get_context("fork")
    ready, end = context.Semaphore(0), context.Event()
    begun = now()
    kept = [context.Process(target=process, args=(ready, end)) for _ in range(SET["count"])]
    for one in kept:
        one.start()
    for _ in kept:
        ready.acquire()
    started = now() - begun
    prints = [footprint(one.pid) for one in kept]
    pids = set(one.pid for one in kept)
    found = figures(started, sum(p[0] for p in prints), sum(p[1] for p in prints), len(pids))
    say(dict(found, threads=len(pids), processes=len(pids)))
    end.set()
    for one in kept:
        one.join()


if SET["model"] == "tasks":
    asyncio.run(tasks())
elif SET["model"] == "threads":
    threads()
else:
    processes()
