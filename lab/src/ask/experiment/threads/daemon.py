import subprocess

PROGRAM = """
import os, sys, threading, time
first_are_done = threading.Event()

def work():
    try:
        for piece in range({pieces}):
            if piece >= {first}:
                time.sleep({piece_s})
            os.write(1, b"piece;")
            if piece + 1 == {first}:
                first_are_done.set()
    finally:
        os.write(1, b"cleaned;")

thread = threading.Thread(target=work)
thread.daemon = {daemon}
thread.start()
first_are_done.wait()
"""

program = PROGRAM.format(daemon=SET["kind"] == "daemon", pieces=SET["pieces"],
                         first=SET["first"], piece_s=SET["piece_s"])
child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
told = child.communicate()[0]
say({"pieces": told.count(b"piece;"), "cleaned": told.count(b"cleaned;"),
     "has_ended": int(child.returncode == 0)})
