"""Golden vectors of rules that look at whole arrays, or keep several sequences of them; in numpy, in float64."""

import math

import numpy

from golden_rule import Rule


class ArrayRule(Rule):
    """Rules over whole arrays, from their papers and their authors' code. Each method is one optimizer."""

    def lamb(self, theta, g, rate):
        beta2, eps, decay = self.o.get("beta2", 0.999), self.o.get("eps", 1e-6), self.o["decay"]
        m, v = self.mean("m", g, 0.9), self.mean("v", g * g, beta2)
        u = m / (1 - 0.9**self.t) / (numpy.sqrt(v / (1 - beta2**self.t)) + eps) + decay * theta
        w_norm, u_norm = numpy.linalg.norm(theta), numpy.linalg.norm(u)
        trust = w_norm / u_norm if w_norm > 0 and u_norm > 0 else 1.0
        return theta - rate * (1.0 if self.o.get("plain") else trust) * u

    def lars(self, theta, g, rate):
        decay, eta = self.o["decay"], self.o.get("eta", 0.001)
        w_norm, g_norm = numpy.linalg.norm(theta), numpy.linalg.norm(g)
        local = eta * w_norm / (g_norm + decay * w_norm) if w_norm > 0 and g_norm > 0 else 1.0
        local = 1.0 if self.o.get("plain") else local
        self.s["v"] = self.o.get("momentum", 0.9) * self.s.get("v", 0.0) + rate * local * (g + decay * theta)
        return theta - self.s["v"]

    def adafactor(self, theta, g, rate):
        eps1, eps2, d = self.o.get("eps1", 2.0**-23), self.o.get("eps2", 1e-3), self.o.get("d", 1.0)
        beta = 1 - self.t ** self.o.get("power", -0.8)
        alpha = max(eps2, numpy.sqrt((theta**2).mean())) * min(rate, 1 / math.sqrt(self.t))
        theta = theta - rate * self.o["decay"] * theta
        if theta.ndim > 1:
            squares = (g**2).reshape(len(g), -1)
            row, column = self.mean("r", squares.mean(1), beta), self.mean("c", squares.mean(0), beta)
            v = numpy.outer(row, column) / max(row.mean(), eps1)
            v = v.reshape(theta.shape)
        else:
            v = self.mean("v", g**2, beta)
        u = g / numpy.maximum(numpy.sqrt(v), eps1)
        return theta - alpha * u / max(1.0, numpy.sqrt((u**2).mean()) / d)

    def mean_of_fast(self, theta, move, rate, beta):
        """Schedule-Free with all three sequences kept: self.s x and z; theta is y."""
        x, z = self.s.get("x", theta), self.s.get("z", theta)
        top = self.s["top"] = max(rate, self.s.get("top", 0.0))
        weight = self.t ** self.o.get("r", 0.0) * top ** self.o.get("p", 2.0)
        total = self.s["total"] = self.s.get("total", 0.0) + weight
        c = weight / total if total > 0 else 0.0
        z = z - rate * move
        x = (1 - c) * x + c * z
        self.s.update(x=x, z=z)
        return (1 - beta) * z + beta * x

    def schedule_free_sgd(self, theta, g, rate):
        return self.mean_of_fast(theta, g + self.o["decay"] * theta, rate, self.o.get("beta", 0.9))

    def schedule_free_adamw(self, theta, g, rate):
        beta2 = self.o.get("beta2", 0.999)
        v = self.mean("v", g * g, beta2)
        move = g / (numpy.sqrt(v) + self.o.get("eps", 1e-8)) + self.o["decay"] * theta
        return self.mean_of_fast(theta, move, rate * math.sqrt(1 - beta2**self.t), self.o.get("beta", 0.9))

    def swats(self, theta, g, rate):
        """Phases, estimate and switch of the paper's Algorithm 1 for one array."""
        beta1, beta2, tolerance = self.o.get("beta1", 0.9), self.o.get("beta2", 0.999), self.o["tolerance"]
        g = g + self.o["decay"] * theta
        if "rate" in self.s:
            self.s["v"] = beta1 * self.s["v"] + g
            return theta - (1 - beta1) * self.s["rate"] * rate / self.s["then"] * self.s["v"]
        m, a = self.mean("m", g, beta1), self.mean("a", g * g, beta2)
        p = -rate * math.sqrt(1 - beta2**self.t) / (1 - beta1**self.t) * m / (numpy.sqrt(a) + self.o.get("eps", 1e-9))
        along = numpy.vdot(p, g)
        if along != 0:
            gamma = numpy.vdot(p, p) / -along
            estimate = self.mean("lambda", gamma, beta2) / (1 - beta2**self.t)
            if self.t > 1 and abs(estimate - gamma) < tolerance and estimate > 0:
                self.s.update(rate=estimate, then=rate, v=numpy.zeros_like(theta))
        return theta + p

    def muon(self, theta, g, rate):
        decay = self.o["decay"]
        if theta.ndim == 1:
            rate *= 0.015
            m, v = self.mean("m", g, 0.9), self.mean("v", g * g, 0.95)
            step = m / (1 - 0.9**self.t) / (numpy.sqrt(v / (1 - 0.95**self.t)) + 1e-10)
            return (1 - rate * decay) * theta - rate * step
        mu = self.o.get("mu", 0.95)
        x = self.mean("m", g, mu)
        x = mu * x + (1 - mu) * g if self.o.get("nesterov", True) else x
        x = x.reshape(len(x), -1)
        a, b = x.shape
        x = x / numpy.linalg.norm(x)
        for _ in range(self.o.get("steps", 5)):
            # the polynomial in odd powers of X, written from the other side than usual: X (XᵀX)ᵏ
            gram = x.T @ x
            x = 3.4445 * x - 4.7750 * x @ gram + 2.0315 * x @ gram @ gram
        scale = 0.2 * math.sqrt(max(a, b)) if self.o.get("match") else math.sqrt(max(1, a / b))
        return (1 - rate * decay) * theta - rate * scale * x.reshape(theta.shape)


def array_cases():
    table = [
        ({"kind": "lamb"}, "lamb", {"decay": 0.01}),
        ({"kind": "lamb", "beta2": 0.9, "epsilon": 1e-3, "weightDecay": 0, "adaptVectors": False}, "lamb",
         {"decay": 0, "beta2": 0.9, "eps": 1e-3, "vectors": "plain"}),
        ({"kind": "lars", "learningRate": 0.5}, "lars", {"decay": 0}),
        ({"kind": "lars", "momentum": 0.5, "trustCoefficient": 0.02, "weightDecay": 0.1, "adaptVectors": False}, "lars",
         {"decay": 0.1, "momentum": 0.5, "eta": 0.02, "vectors": "plain"}),
        ({"kind": "adafactor"}, "adafactor", {"decay": 0}),
        ({"kind": "adafactor", "beta2Decay": -0.5, "epsilon": 1e-3, "smallestScale": 0.5, "clipThreshold": 0.5,
          "weightDecay": 0.1}, "adafactor", {"decay": 0.1, "power": -0.5, "eps1": 1e-3, "eps2": 0.5, "d": 0.5}),
        ({"kind": "muon", "weightDecay": 0.1}, "muon", {"decay": 0.1}),
        ({"kind": "muon", "momentum": 0.8, "nesterov": False, "iterations": 3, "scale": "match-rms-adamw"}, "muon",
         {"decay": 0, "mu": 0.8, "nesterov": False, "steps": 3, "match": True}),
        ({"kind": "swats"}, "swats", {"decay": 0, "tolerance": 1e-9}),
        ({"kind": "swats", "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3, "switchTolerance": 5, "weightDecay": 0.1},
         "swats", {"decay": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 1e-3, "tolerance": 5}),
        ({"kind": "schedule-free-sgd", "learningRate": 0.5}, "schedule_free_sgd", {"decay": 0}),
        ({"kind": "schedule-free-sgd", "momentum": 0.5, "weightPower": 1, "stepPower": 2, "weightDecay": 0.1},
         "schedule_free_sgd", {"decay": 0.1, "beta": 0.5, "p": 1.0, "r": 2.0}),
        ({"kind": "schedule-free-adamw"}, "schedule_free_adamw", {"decay": 0}),
        ({"kind": "schedule-free-adamw", "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3, "weightDecay": 0.1},
         "schedule_free_adamw", {"decay": 0.1, "beta": 0.5, "beta2": 0.9, "eps": 1e-3}),
    ]
    random = numpy.random.RandomState(7)
    for options, name, arguments in table:
        for shape in ((2, 3), (5, 2), (2, 2, 3, 3), (4,)):
            vectors = arguments.get("vectors") if len(shape) == 1 else None
            rule = ArrayRule(**arguments, **({vectors: True} if vectors else {}))
            start = random.randn(*shape)
            gradients = [random.randn(*shape) * 10.0**i for i in (0, -1, 1, 0, -3, 0)]
            rates = [options.get("learningRate", 0.02) * 0.9**i for i in range(len(gradients))]
            path, evaluated = [], []
            for theta in rule.walk(name, start, gradients, rates):
                path.append(theta.ravel().tolist())
                evaluated.append(rule.s.get("x", theta).ravel().tolist())
            yield {"origin": "numpy", "options": options, "shape": shape, "start": start.ravel().tolist(),
                   "gradients": [g.ravel().tolist() for g in gradients], "learningRates": rates, "path": path, "evaluated": evaluated}
