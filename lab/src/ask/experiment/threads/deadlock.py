accounts = [threading.Lock(), threading.Lock()]
coins, done, gave_way = [0, 0], [0, 0], [0, 0]


def move(source):
    coins[source] -= 1
    coins[1 - source] += 1
    done[source] += 1


def one_after_the_other(source, first, second):
    with first:
        time.sleep(SET["pause_s"])
        with second:
            move(source)


def until_both_are_free(source, first, second):
    while True:
        with first:
            time.sleep(SET["pause_s"])
            if second.acquire(False):
                move(source)
                second.release()
                return
        gave_way[source] += 1
        # Not the same time for both, or they would meet again.
        time.sleep(SET["pause_s"] * (1 if source == 0 else 3))


def transfer(source):
    locks = [accounts[source], accounts[1 - source]]
    if SET["rule"] == "by-address":
        locks.sort(key=id)
    if SET["rule"] == "gives-way":
        until_both_are_free(source, *locks)
    else:
        one_after_the_other(source, *locks)


def watch():
    # They meet before each transfer, so that neither makes all of its own before the other has begun.
    arrived = [threading.Semaphore(0), threading.Semaphore(0)]

    def run(source):
        for _ in range(SET["transfers"]):
            arrived[1 - source].release()
            arrived[source].acquire()
            transfer(source)

    for source in range(2):
        spawn(run, source)
    known, since = 0, now()
    while sum(done) < 2 * SET["transfers"]:
        time.sleep(0.005)
        if sum(done) > known:
            known, since = sum(done), now()
        elif now() - since > SET["patience_s"]:
            return True
    return False


stood_still = watch()
# Whoever stands still is a daemon, and ends with the program.
say({"done": sum(done), "stood_still": int(stood_still), "gave_way": sum(gave_way)})
