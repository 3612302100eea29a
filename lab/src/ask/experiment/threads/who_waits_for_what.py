threads, duration = SET["trains"], SET["duration_s"]
in_flight, maxima, calls, slept = ([0] * threads for _ in range(4))
shares = [0.0] * threads


def call(number):
    in_flight[number] = 1
    maxima[number] = max(maxima[number], sum(in_flight))
    time.sleep(SET["call_s"])
    in_flight[number] = 0
    calls[number] += 1
    slept[number] += SET["call_s"]


def run(number, begun):
    used, delayed = time.thread_time(), delay()
    while now() - begun < duration:
        call(number) if SET["kind"] == "call" else pi()
    wall = now() - begun
    busy = time.thread_time() - used + delay() - delayed + slept[number]
    shares[number] = max(0.0, wall - busy) / wall


used, begun = processor_time(), now()
together(threads, run)
wall = now() - begun
say({"in_flight_max": max(maxima), "calls": sum(calls), "lock_share": sum(shares) / threads,
     "cpus_busy": (processor_time() - used) / wall})
