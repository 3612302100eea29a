import struct

QUESTION = struct.Struct("<Q")


class Session(object):
    def __init__(self):
        self.stream, served = socket.socketpair()
        # With a limit of time a socket waits until there is something to read, and then reads.
        self.stream.settimeout(30)
        spawn(serve_session, served)

    def ask(self, question):
        self.stream.sendall(QUESTION.pack(question))
        return QUESTION.unpack(self.stream.recv(8))[0]


def serve_session(served):
    while True:
        question = served.recv(8)
        if not question:
            return
        time.sleep(SET["answer_s"])
        served.sendall(question)


def talk():
    trains, questions = SET["trains"], SET["questions"]
    own = [Session() for _ in range(trains if SET["session"] == "own" else 1)]
    one_at_a_time = threading.Lock()
    wrong, in_flight, maxima = [0] * trains, [0] * trains, [0] * trains

    def ask(train, number):
        in_flight[train] = 1
        maxima[train] = max(maxima[train], sum(in_flight))
        question = train * questions + number
        wrong[train] += own[train % len(own)].ask(question) != question
        in_flight[train] = 0

    def run(train, begun):
        for number in range(questions):
            if SET["session"] == "locked":
                with one_at_a_time:
                    ask(train, number)
            else:
                ask(train, number)

    together(trains, run)
    return {"sessions": len(own), "answers": trains * questions, "wrong": sum(wrong),
            "in_flight_max": max(maxima)}


say(talk())
