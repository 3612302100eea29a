"""What all cpu_*.py have in common: the article's functions, and their inputs."""
import struct


def sum_of_squares(number):
    return sum(i * i for i in range(number))


def fib(n):
    return n if n < 2 else fib(n - 2) + fib(n - 1)


def compute(unit):
    function, number = unit
    return function(number)


class Computing(Arm):
    def __init__(self, setup):
        Arm.__init__(self, setup)
        ((name, kernel),) = setup["params"]["kernel"].items()
        numbers = range(kernel["inputs"])
        if name == "fib":
            self.inputs = [(fib, kernel["n"]) for _ in numbers]
        else:
            self.inputs = [(sum_of_squares, kernel["first_n"] + number) for number in numbers]

    def encode(self, number):
        return struct.pack("<QQ", number & 0xFFFFFFFFFFFFFFFF, number >> 64)
