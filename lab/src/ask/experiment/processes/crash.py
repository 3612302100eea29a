import subprocess

PROGRAM = """
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

def job(number):
    if number == 2:
        os.abort()
    return number

pool = {pool}(2)
jobs = []
for number in range({jobs}):
    try:
        jobs.append(pool.submit(job, number))
    except Exception:
        os.write(1, b"lost;")
for future in jobs:
    try:
        future.result()
        os.write(1, b"answer;")
    except Exception:
        os.write(1, b"lost;")
try:
    pool.submit(job, {jobs}).result()
    os.write(1, b"goes_on;")
except Exception:
    pass
"""

pool = "ProcessPoolExecutor" if SET["workers"] == "processes" else "ThreadPoolExecutor"
child = subprocess.Popen([sys.executable, "-c", PROGRAM.format(pool=pool, jobs=SET["jobs"])],
                         stdout=subprocess.PIPE, start_new_session=True)
try:
    told, hung = child.communicate(timeout=5)[0], 0
except subprocess.TimeoutExpired:
    # It happens now and then: gh-94777.
    os.killpg(child.pid, 9)
    told, hung = child.communicate()[0], 1
answered = told.count(b"answer;")
say({"answered": answered, "lost": SET["jobs"] - answered if hung else told.count(b"lost;"),
     "goes_on": told.count(b"goes_on;"), "crashed": int(child.returncode < 0 and not hung),
     "hung": hung})
