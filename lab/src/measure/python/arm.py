"""A contender's process in Python: what lab/core/src/work/arm.rs is to ours.

The lab starts it with a socket as standard input, and asks in lines of JSON: Start, and then Round
again and again. The answers are lab/src/measure/conversation.rs's. The lab puts this file, session.py or
squares.py, and one of io_*.py and cpu_*.py together, and that one ends with `serve(its class)`.

Runs on CPython 2.7 and 3.2 to 3.14, without anything that does not come with it.
"""
import json
import os
import sys
import time

try:
    range = xrange  # In Python 2 a range is a list of all its numbers.
except NameError:
    pass


# The lab is at the other end.
SOCKET = os.fdopen(os.dup(0), "rb")
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def now_ns():
    """Monotonic where there is such a clock."""
    clock = getattr(time, "perf_counter_ns", None)
    return clock() if clock else int(getattr(time, "perf_counter", time.time)() * 1e9)


class WorkerDied(Exception):
    """A worker process ended under a round, which is therefore void."""


class Arm(object):
    """A workload done by one model of concurrency."""

    def __init__(self, setup):
        self.setup = setup
        self.workers = setup["contender"]["workers"]
        if hasattr(sys, "setswitchinterval"):
            sys.setswitchinterval(setup["params"]["switch_interval_ns"] / 1e9)

    def start(self):
        """Brings up everything that is not work."""

    def round(self):
        """Does the whole work once, and returns the answers in the order of the units."""
        raise NotImplementedError

    def encode(self, answer):
        """The bytes of an answer that the digest of a round is made of."""
        raise NotImplementedError


def digest(pieces):
    """FNV-1a with 64 bits, as in lab/core/src/work/io/http/checksum.rs."""
    value = 0xCBF29CE484222325
    for byte in bytearray(b"".join(pieces)):
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def measure(arm):
    """Only the work is between the two looks at the clock."""
    began_ns = now_ns()
    answers = arm.round()
    wall_ns = now_ns() - began_ns
    checksum = digest([arm.encode(answer) for answer in answers])
    return {"wall_ns": wall_ns, "units": len(answers), "checksum": checksum, "gil": None}


def start(arm_class, setup):
    """The arm, and how long it took to bring it up."""
    began_ns = now_ns()
    arm = arm_class(setup)
    arm.start()
    return arm, {"Started": {"startup_ns": now_ns() - began_ns}}


def serve(arm_class):
    """Is the arm at the other end of the socket, until that is closed."""
    arm = None
    for line in iter(SOCKET.readline, b""):
        question = json.loads(line.decode("utf-8"))
        try:
            if question == "Round":
                reply = {"Done": measure(arm)}
            elif question == "Record":
                reply = {"Failed": {"Failed": "there is no recorder in CPython"}}
            else:
                arm, reply = start(arm_class, question["Start"])
        except WorkerDied as why:
            reply = {"Failed": {"WorkerDied": str(why)}}
        except Exception as why:
            reply = {"Failed": {"Failed": "%s: %s" % (type(why).__name__, why)}}
        os.write(SOCKET.fileno(), json.dumps(reply).encode("utf-8") + b"\n")
    # Nobody is there to be told how it ended; workers see that this process is gone.
    os._exit(0)
