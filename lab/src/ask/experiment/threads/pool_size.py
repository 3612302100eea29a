SET["threads"] = SET["pool"]
TASKS["wait"] = lambda: time.sleep(SET["wait_s"])
SET["task"] = "wait" if SET["kind"] == "wait" else "pi"
say(throughput())
