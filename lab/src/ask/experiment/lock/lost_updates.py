c = 0


def add(number):
    return number + 1


def plus_equals(number, begun):
    global c
    for _ in range(SET["increments_in_python"]):
        c += 1


def with_call(number, begun):
    global c
    for _ in range(SET["increments_in_python"]):
        c = add(c)


together(4, plus_equals if SET["statement"] == "c += 1" else with_call)
expected = 4 * SET["increments_in_python"]
say({"lost": expected - c, "lost_share": float(expected - c) / expected})
