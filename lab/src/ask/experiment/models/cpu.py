import asyncio
import multiprocessing


def compute(begun):
    """Computes until the time is over; says how much, and how long."""
    count = 0
    while now() - begun < SET["duration_s"]:
        pi()
        count += 1
    return count, now() - begun


async def task(begun):
    count = 0
    while now() - begun < SET["duration_s"]:
        pi()
        count += 1
        await asyncio.sleep(0)
    return count, now() - begun


async def tasks(begun):
    return await asyncio.gather(*(task(begun) for _ in range(SET["threads"])))


def process(answer, go):
    answer.send(None)
    answer.send(compute(go.recv()))


def processes():
    context = multiprocessing.get_context("fork")
    ends = [(context.Pipe(), context.Pipe()) for _ in range(SET["threads"])]
    kept = [context.Process(target=process, args=(answer[1], go[0])) for answer, go in ends]
    for one in kept:
        one.start()
    for answer, _ in ends:
        answer[0].recv()
    begun = now()
    for _, go in ends:
        go[1].send(begun)
    done = [answer[0].recv() for answer, _ in ends]
    for one in kept:
        one.join()
    return done


def all_processor_time():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return processor_time() + children.ru_utime + children.ru_stime


pi()
used = all_processor_time()
if SET["model"] == "threads":
    SET["task"] = "pi"
    say(throughput())
else:
    if SET["model"] == "procs":
        done = processes()
    elif SET["model"] == "coop":
        done = asyncio.run(tasks(now()))
    else:
        done = [compute(now())]
    wall = max(seconds for _, seconds in done)
    say({
        "calls_per_s": sum(count for count, _ in done) / wall,
        "cpus_busy": (all_processor_time() - used) / wall,
    })
