try:
    import queue
except ImportError:
    import Queue as queue

ones, count = SET["ones_in_python"], 4
total = [0]
lock, one_for_one, own = threading.Lock(), queue.Queue(), threading.local()


def add(number):
    return number + 1


def none(number, begun):
    for _ in range(ones):
        total[0] = add(total[0])


def locked(number, begun):
    for _ in range(ones):
        with lock:
            total[0] = add(total[0])


def queued(number, begun):
    for _ in range(ones):
        one_for_one.put(1)
    one_for_one.put(0)


def thread_local(number, begun):
    own.total = 0
    for _ in range(ones):
        own.total = add(own.total)
    with lock:
        total[0] += own.total


def owner():
    senders = count
    while senders:
        one = one_for_one.get()
        total[0] += one
        senders -= one == 0


strategy = {"none": none, "lock": locked, "queue": queued, "thread-local": thread_local}
begun = now()
taker = spawn(owner) if SET["strategy"] == "queue" else None
together(count, strategy[SET["strategy"]])
if taker:
    taker.join()
took, expected = now() - begun, count * ones
say({"lost": expected - total[0], "lost_share": float(expected - total[0]) / expected,
     "update_s": took / expected})
