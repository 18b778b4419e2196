"""What rules in plain Python and in numpy are made from."""


class Rule:
    """An optimizer's options and state; each method of a class made from it is one optimizer."""

    def __init__(self, **options):
        self.o = options
        self.t = 0
        self.s = {}

    def mean(self, name, value, beta):
        """A running mean that starts at 0, kept under a name."""
        self.s[name] = beta * self.s.get(name, 0.0) + (1 - beta) * value
        return self.s[name]

    def walk(self, method, theta, gradients, rates):
        """Gives the parameter after each step."""
        for gradient, rate in zip(gradients, rates):
            self.t += 1
            theta = getattr(self, method)(theta, gradient, rate)
            yield theta
