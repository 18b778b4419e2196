"""Golden vectors of rules that PyTorch does not have, or had wrong, in plain Python."""

import math

from golden_rule import Rule


class Paper(Rule):
    """Rules from their papers and their authors' code, one number at a time. Each method is one optimizer."""

    def adam_keras(self, theta, g, rate):
        m, v = self.mean("m", g, 0.9), self.mean("v", g * g, 0.999)
        self.s["top"] = max(v, self.s.get("top", 0.0)) if self.o.get("amsgrad") else v
        alpha = rate * math.sqrt(1 - 0.999**self.t) / (1 - 0.9**self.t)
        return theta - alpha * m / (math.sqrt(self.s["top"]) + 1e-7)

    def adamw_keras(self, theta, g, rate):
        return self.adam_keras(theta - rate * 0.004 * theta, g, rate)

    def adamax_keras(self, theta, g, rate):
        m = self.mean("m", g, 0.9)
        self.s["u"] = max(0.999 * self.s.get("u", 0.0), abs(g))
        return theta - rate / (1 - 0.9**self.t) * m / (self.s["u"] + 1e-7)

    def nadam(self, theta, g, rate):
        theta, psi = theta * (1 - rate * self.o.get("decay", 0.0)), self.o.get("psi", 0.004)
        mu = [0.9 * (1 - 0.5 * 0.96 ** (i * psi)) for i in range(1, self.t + 2)]
        m, v = self.mean("m", g, 0.9), self.mean("v", g * g, 0.999)
        m_hat = mu[-1] * m / (1 - math.prod(mu)) + (1 - mu[-2]) * g / (1 - math.prod(mu[:-1]))
        return theta - rate * m_hat / (math.sqrt(v / (1 - 0.999**self.t)) + 1e-8)

    def radamw(self, theta, g, rate):
        theta = theta * (1 - rate * 0.1)
        m, v = self.mean("m", g, 0.9), self.mean("v", g * g, 0.9)
        m_hat = m / (1 - 0.9**self.t)
        rho_inf = 2 / (1 - 0.9) - 1
        rho = rho_inf - 2 * self.t * 0.9**self.t / (1 - 0.9**self.t)
        if rho <= 5:
            return theta - rate * m_hat
        r = math.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
        return theta - rate * m_hat * r * math.sqrt(1 - 0.9**self.t) / (math.sqrt(v) + 1e-8)

    def sgdw(self, theta, g, rate):
        self.s["m"] = g if self.t == 1 else 0.9 * self.s["m"] + g
        return theta - rate * self.s["m"] - rate * 0.1 * theta

    def adabound(self, theta, g, rate):
        gamma = self.o.get("gamma", 1e-3)
        m, v = self.mean("m", g, 0.9), self.mean("v", g * g, 0.999)
        final = rate * self.o.get("final", 100)
        lower, upper = final * (1 - 1 / (gamma * self.t + 1)), final * (1 + 1 / (gamma * self.t))
        eta = rate * math.sqrt(1 - 0.999**self.t) / (1 - 0.9**self.t) / (math.sqrt(v) + 1e-8)
        return theta - min(max(eta, lower), upper) * m

    def adabelief(self, theta, g, rate):
        theta *= 1 - rate * self.o.get("decay", 0.0)
        eps = self.o.get("eps", 1e-16)
        m = self.mean("m", g, 0.9)
        s = self.mean("s", (g - m) ** 2, 0.999) + eps
        self.s["s"] = s
        return theta - rate / (1 - 0.9**self.t) * m / (math.sqrt(s) / math.sqrt(1 - 0.999**self.t) + eps)

    def lion(self, theta, g, rate):
        m = self.s.get("m", 0.0)
        c = 0.9 * m + 0.1 * g
        self.s["m"] = 0.99 * m + 0.01 * g
        return theta - rate * (math.copysign(1.0, c) + self.o.get("decay", 0.0) * theta)

    def adan(self, theta, g, rate):
        d = g - self.s.get("g", g)
        self.s["g"] = g
        m, v, n = self.mean("m", g, 0.98), self.mean("v", d, 0.92), self.mean("n", (g + 0.92 * d) ** 2, 0.99)
        root = math.sqrt(n) / math.sqrt(1 - 0.99**self.t) + 1e-8
        theta -= rate * (m / (1 - 0.98**self.t)) / root + rate * 0.92 * (v / (1 - 0.92**self.t)) / root
        return theta / (1 + rate * self.o.get("decay", 0.0))

    def asgd(self, theta, g, rate):
        """PyTorch keeps the rate in float32 and follows a schedule a step late; without that it is this rule."""
        lambd = self.o.get("lambd", 1e-4)
        eta = rate / (1 + lambd * rate * (self.t - 1)) ** self.o.get("alpha", 0.75)
        return theta * (1 - lambd * eta) - eta * (g + self.o.get("decay", 0.0) * theta)


def paper_cases(short, long):
    table = [
        ({"kind": "adam", "convention": "keras"}, "adam_keras", {}),
        ({"kind": "amsgrad", "convention": "keras"}, "adam_keras", {"amsgrad": True}),
        ({"kind": "adamw", "convention": "keras", "weightDecay": 0.004}, "adamw_keras", {}),
        ({"kind": "adamax", "convention": "keras"}, "adamax_keras", {}),
        ({"kind": "nadam"}, "nadam", {}),
        ({"kind": "nadam", "momentumDecay": 1}, "nadam", {"psi": 1}),
        ({"kind": "nadamw", "weightDecay": 0.1}, "nadam", {"decay": 0.1}),
        ({"kind": "radamw", "beta2": 0.9, "weightDecay": 0.1}, "radamw", {}),
        ({"kind": "sgdw", "momentum": 0.9, "weightDecay": 0.1}, "sgdw", {}),
        ({"kind": "adabound"}, "adabound", {}),
        ({"kind": "adabound", "finalFactor": 2, "convergence": 0.3}, "adabound", {"final": 2, "gamma": 0.3}),
        ({"kind": "adabelief"}, "adabelief", {}),
        ({"kind": "adabelief", "epsilon": 1e-3, "weightDecay": 0.1}, "adabelief", {"eps": 1e-3, "decay": 0.1}),
        ({"kind": "lion"}, "lion", {}),
        ({"kind": "lion", "weightDecay": 0.1}, "lion", {"decay": 0.1}),
        ({"kind": "adan"}, "adan", {}),
        ({"kind": "adan", "weightDecay": 0.1}, "adan", {"decay": 0.1}),
        ({"kind": "asgd"}, "asgd", {}),
        ({"kind": "asgd", "weightDecay": 0.1, "lambda": 0.3, "alpha": 0.5, "averageFrom": 5}, "asgd",
         {"decay": 0.1, "lambd": 0.3, "alpha": 0.5}),
    ]
    for options, name, arguments in table:
        for gradients in (short, long):
            rates = [0.002 * 0.9**i if gradients is long else 0.002 for i in range(len(gradients))]
            path = list(Paper(**arguments).walk(name, 1.0, gradients, rates))
            yield {"origin": "plain", "options": options, "gradients": gradients, "learningRates": rates, "path": path}
