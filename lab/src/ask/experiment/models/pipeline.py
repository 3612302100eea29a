import queue

MESSAGES = SET["messages"]
slot, made = [0], [0]
between = queue.Queue(SET["room"] if SET["between"] == "bounded" else 0)


def produce():
    for message in range(1, MESSAGES + 1):
        if SET["between"] == "slot":
            slot[0] = message
        else:
            between.put(message)
        made[0] = message


def take(before):
    if SET["between"] != "slot":
        return between.get()
    while slot[0] == before:
        pass
    return slot[0]


spawn(produce)
last = arrived = out_of_order = under_way_max = 0
while last != MESSAGES:
    message = take(last)
    under_way_max = max(under_way_max, made[0] - arrived)
    out_of_order += message <= last
    last, arrived = message, arrived + 1
    pi()
found = {"arrived": arrived, "lost": MESSAGES - arrived, "out_of_order": out_of_order}
if SET["between"] != "slot":
    found["under_way_max"] = under_way_max
say(found)
