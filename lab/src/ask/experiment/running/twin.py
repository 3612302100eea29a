"""What every twin of an experiment begins with: the same tasks, loops and servers in Python.

Runs on CPython 2.7 and 3.3 to 3.13. The first argument is the cell as JSON; the answer is one
line of JSON on standard output.
"""
import bz2
import json
import os
import re
import resource
import socket
import sys
import threading
import time

CELL = json.loads(sys.argv[1])
SET = CELL["parameters"]
LOCK = CELL["lock"]

if LOCK["kind"] == "timed":
    sys.setswitchinterval(LOCK["interval_s"])
elif LOCK["kind"] == "ticks":
    sys.setcheckinterval(LOCK["every"])

now = getattr(time, "monotonic", time.time)


def say(figures):
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


def pi(digits=50):
    """Bytecode alone: the digits of pi by the spigot of Rabinowitz and Wagon (1995)."""
    length = digits * 10 // 3 + 1
    remainders = [2] * length
    held, nines, found = 0, 0, []
    for _ in range(digits + 1):
        carry = 0
        for index in range(length - 1, 0, -1):
            value = 10 * remainders[index] + carry * (index + 1)
            remainders[index] = value % (2 * index + 1)
            carry = value // (2 * index + 1)
        value = 10 * remainders[0] + carry
        remainders[0] = value % 10
        digit = value // 10
        if digit == 9:
            nines += 1
        else:
            carried = digit // 10
            found.append(held + carried)
            found.extend([0 if carried else 9] * nines)
            held, nines = digit % 10, 0
    return found[1:]


TEXT = ("def f(a, b):\n    return lambda c: a + b * c  # a word or two of text\n@ f\n" * 40)[:2000]
PATTERN = re.compile(r"([\w.]+\s+)*(def|lambda|@)\s+(\w+)")
# As long a call as ccbench's: its pattern backtracks more.
LONG = TEXT * 4
BLOCK = (TEXT * 3)[:6000].encode("ascii")


def regex():
    """A long call into C that keeps the lock."""
    return PATTERN.findall(LONG)


def compress():
    """A long call into C that gives the lock up."""
    return bz2.compress(BLOCK)


TASKS = {"pi": pi, "regex": regex, "bz2": compress}


def spawn(run, *args):
    thread = threading.Thread(target=run, args=args)
    thread.daemon = True
    thread.start()
    return thread


def delay():
    """Seconds that this thread was in line for a processor, which is the second figure; 0 if the kernel does not say."""
    try:
        with open("/proc/thread-self/schedstat") as schedstat:
            return int(schedstat.read().split()[1]) / 1e9
    except (IOError, IndexError):
        return 0.0


def together(count, run):
    """Calls run(number, begun) in threads that start together; returns when all have ended."""
    ready, go, begun = threading.Semaphore(0), threading.Event(), []

    def begin(number):
        ready.release()
        go.wait()
        run(number, begun[0])

    threads = [spawn(begin, number) for number in range(count)]
    for _ in threads:
        ready.acquire()
    begun.append(now())
    go.set()
    for thread in threads:
        thread.join()


def processor_time():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def jain(shares):
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0


def throughput():
    """SET['threads'] threads do SET['task'] over and over for SET['duration_s']."""
    task, duration = TASKS[SET["task"]], SET["duration_s"]
    counts, times = [0] * SET["threads"], [0.0] * SET["threads"]

    def run(number, begun):
        count = 0
        while True:
            # From the common start: who waits for the lock all the time gets nothing done.
            elapsed = now() - begun
            if elapsed >= duration:
                break
            task()
            count += 1
        counts[number], times[number] = count, elapsed

    task()
    used, begun = processor_time(), now()
    together(SET["threads"], run)
    wall = now() - begun
    return {
        "calls_per_s": sum(counts) / max(times),
        "cpus_busy": (processor_time() - used) / wall,
        "jain": jain([float(count) for count in counts]),
    }


def serve():
    """Answers datagrams in the main thread while SET['hogs'] threads do SET['task']."""
    task = TASKS[SET["task"]]
    done = []

    def hog():
        while not done:
            task()

    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    for _ in range(SET["hogs"]):
        spawn(hog)
    used, begun = processor_time(), now()
    say({"port": server.getsockname()[1]})
    while True:
        packet, asker = server.recvfrom(1024)
        if packet == b"E":
            busy = (processor_time() - used) / (now() - begun)
            done.append(True)
            return {"cpus_busy": busy}
        server.sendto(packet, asker)
