"""Writes the golden vectors of optimizers and schedules.

Run with a Python that has PyTorch (Debian: python3-torch, 1.13.1) from packages/training:
    /usr/bin/python3 scripts/golden.py

`torch` cases come from torch.optim and torch.optim.lr_scheduler in float64. `plain` cases are rules and conventions
that PyTorch does not have, or had wrong (NAdam), worked out below in plain Python from their definitions; they share no
code with the rules. `numpy` cases (golden_arrays.py) are the same for rules that look at whole arrays.
"""

import json
import math
from pathlib import Path

import torch

from golden_arrays import array_cases
from golden_groups import group_cases
from golden_schedules import plateau_cases, schedule_cases

GRADIENTS = [0.5, -0.3, 2.0, 0.01]
LONG = [math.sin(3.0 * i) + 0.1 * math.cos(i) for i in range(20)]
SOURCE = Path(__file__).resolve().parent.parent / "src"


def run_torch(make, gradients, rates):
    theta = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimizer = make([theta])
    path = []
    for gradient, rate in zip(gradients, rates):
        for group in optimizer.param_groups:
            group["lr"] = rate
        theta.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        path.append(theta.item())
    return path


def torch_cases():
    o = torch.optim
    table = [
        ({"kind": "sgd"}, 0.1, o.SGD, {}),
        ({"kind": "sgd", "momentum": 0.9}, 0.1, o.SGD, {"momentum": 0.9}),
        ({"kind": "sgd", "momentum": 0.9, "dampening": 0.3}, 0.1, o.SGD, {"momentum": 0.9, "dampening": 0.3}),
        ({"kind": "sgd", "momentum": 0.9, "nesterov": True}, 0.1, o.SGD, {"momentum": 0.9, "nesterov": True}),
        ({"kind": "adagrad"}, 0.01, o.Adagrad, {}),
        ({"kind": "adagrad", "initialAccumulator": 0.5, "epsilon": 1e-3}, 0.01, o.Adagrad,
         {"initial_accumulator_value": 0.5, "eps": 1e-3}),
        ({"kind": "rmsprop"}, 0.01, o.RMSprop, {}),
        ({"kind": "rmsprop", "centered": True}, 0.01, o.RMSprop, {"centered": True}),
        ({"kind": "rmsprop", "centered": True, "momentum": 0.9, "alpha": 0.8, "epsilon": 1e-3}, 0.01, o.RMSprop,
         {"centered": True, "momentum": 0.9, "alpha": 0.8, "eps": 1e-3}),
        ({"kind": "adam"}, 0.001, o.Adam, {}),
        ({"kind": "adam", "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}, 0.001, o.Adam,
         {"betas": (0.5, 0.9), "eps": 1e-3}),
        ({"kind": "radam"}, 0.001, o.RAdam, {}),
        ({"kind": "radam", "beta2": 0.9}, 0.001, o.RAdam, {"betas": (0.9, 0.9)}),
        ({"kind": "adadelta"}, 1.0, o.Adadelta, {}),
        ({"kind": "adadelta", "convention": "keras"}, 1.0, o.Adadelta, {"rho": 0.95, "eps": 1e-7}),
        ({"kind": "adamax"}, 0.002, o.Adamax, {}),
        ({"kind": "adamax", "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}, 0.002, o.Adamax,
         {"betas": (0.5, 0.9), "eps": 1e-3}),
        ({"kind": "adamw"}, 0.001, o.AdamW, {}),
        ({"kind": "adamw", "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}, 0.001, o.AdamW,
         {"betas": (0.5, 0.9), "eps": 1e-3}),
        ({"kind": "amsgrad"}, 0.001, o.Adam, {"amsgrad": True}),
        ({"kind": "amsgrad", "beta2": 0.9}, 0.001, o.Adam, {"amsgrad": True, "betas": (0.9, 0.9)}),
        ({"kind": "adagrad", "learningRateDecay": 0.3}, 0.01, o.Adagrad, {"lr_decay": 0.3}),
        ({"kind": "sgdw", "weightDecay": 0.0, "momentum": 0.9}, 0.1, o.SGD, {"momentum": 0.9}),
    ]
    for options, rate, optimizer, arguments in table:
        for decay in (0.0,) if "weightDecay" in options else (0.0, 0.1):
            extra = {"weight_decay": decay, **arguments}
            for gradients, falling in ((GRADIENTS, False), (LONG, True)):
                rates = [rate * (0.9**i if falling else 1.0) for i in range(len(gradients))]
                path = run_torch(lambda p: optimizer(p, lr=rate, **extra), gradients, rates)
                yield {"origin": f"torch {torch.__version__}", "options": {**options, "weightDecay": decay},
                       "gradients": gradients, "learningRates": rates, "path": path}


def steady_torch_cases():
    """Rates stay constant: PyTorch's Rprop does not follow when they change."""
    bounds = {"shrink": 0.3, "grow": 1.5, "smallestStep": 0.004, "largestStep": 0.05}
    for options, arguments in (({}, {}), (bounds, {"etas": (0.3, 1.5), "step_sizes": (0.004, 0.05)})):
        for gradients in (GRADIENTS, LONG):
            rates, options = [0.01] * len(gradients), {"kind": "rprop", **options}
            path = run_torch(lambda p: torch.optim.Rprop(p, lr=0.01, **arguments), gradients, rates)
            yield {"origin": f"torch {torch.__version__}", "options": options, "gradients": gradients,
                   "learningRates": rates, "path": path}


class Paper:
    """Rules from their papers and their authors' code, one number at a time. Each method is one optimizer."""

    def __init__(self, **options):
        self.o = options
        self.t = 0
        self.s = {}

    def mean(self, name, value, beta):
        self.s[name] = beta * self.s.get(name, 0.0) + (1 - beta) * value
        return self.s[name]

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


def paper_cases():
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
        for gradients in (GRADIENTS, LONG):
            paper, theta, path = Paper(**arguments), 1.0, []
            rates = [0.002 * 0.9**i if len(gradients) > 4 else 0.002 for i in range(len(gradients))]
            for g, rate in zip(gradients, rates):
                paper.t += 1
                theta = getattr(paper, name)(theta, g, rate)
                path.append(theta)
            yield {"origin": "plain", "options": options, "gradients": gradients, "learningRates": rates, "path": path}


def plain_cases():
    rates = [0.1, 0.1, 0.05, 0.05]

    def walk(options, move):
        theta, state, path = 1.0, {}, []
        for t, (g, rate) in enumerate(zip(GRADIENTS, rates)):
            theta += move(t, g, rate, state)
            path.append(theta)
        return {"origin": "plain", "options": options, "gradients": GRADIENTS, "learningRates": rates, "path": path}

    def lecture_momentum(t, g, rate, s):
        s["m"] = 0.9 * s.get("m", 0.0) - rate * g
        return s["m"]

    def keras_nesterov(t, g, rate, s):
        s["m"] = 0.9 * s.get("m", 0.0) - rate * g
        return 0.9 * s["m"] - rate * g

    def lecture_adagrad(t, g, rate, s):
        s.setdefault("all", []).append(g)
        return -rate * g / math.sqrt(sum(x * x for x in s["all"]) / (t + 1))

    def keras_adagrad(t, g, rate, s):
        s["a"] = s.get("a", 0.1) + g * g
        return -rate * g / math.sqrt(s["a"] + 1e-7)

    def lecture_rmsprop(t, g, rate, s):
        s["sigma"] = abs(g) if t == 0 else math.sqrt(0.9 * s["sigma"] ** 2 + 0.1 * g * g)
        return -rate * g / s["sigma"]

    def lecture_rmsprop_momentum(t, g, rate, s):
        s["sigma"] = abs(g) if t == 0 else math.sqrt(0.9 * s["sigma"] ** 2 + 0.1 * g * g)
        s["m"] = 0.8 * s.get("m", 0.0) + g
        return -rate * s["m"] / s["sigma"]

    def keras_rmsprop(t, g, rate, s):
        s["v"] = 0.9 * s.get("v", 0.0) + 0.1 * g * g
        return -rate * g / math.sqrt(s["v"] + 1e-7)

    def keras_rmsprop_centered_momentum(t, g, rate, s):
        s["v"] = 0.9 * s.get("v", 0.0) + 0.1 * g * g
        s["a"] = 0.9 * s.get("a", 0.0) + 0.1 * g
        s["m"] = 0.8 * s.get("m", 0.0) + rate * g / math.sqrt(s["v"] - s["a"] ** 2 + 1e-7)
        return -s["m"]

    yield walk({"kind": "sgd", "convention": "lecture", "momentum": 0.9}, lecture_momentum)
    yield walk({"kind": "sgd", "convention": "lecture", "momentum": 0.9, "nesterov": True}, keras_nesterov)
    yield walk({"kind": "adagrad", "convention": "lecture"}, lecture_adagrad)
    yield walk({"kind": "adagrad", "convention": "keras"}, keras_adagrad)
    yield walk({"kind": "rmsprop", "convention": "lecture"}, lecture_rmsprop)
    yield walk({"kind": "rmsprop", "convention": "lecture", "momentum": 0.8}, lecture_rmsprop_momentum)
    yield walk({"kind": "rmsprop", "convention": "keras"}, keras_rmsprop)
    yield walk({"kind": "rmsprop", "convention": "keras", "centered": True, "momentum": 0.8},
               keras_rmsprop_centered_momentum)


def write(name, **cases):
    path = SOURCE / name
    lists = {key: list(value) for key, value in cases.items()}
    path.write_text(json.dumps({"generator": "scripts/golden.py", **lists}, indent=1) + "\n")
    print(path.name, path.parent.name)


write("optimizers/golden.json", cases=[*torch_cases(), *steady_torch_cases(), *plain_cases(), *paper_cases()])
write("optimizers/layerwise.golden.json", cases=array_cases())
write("parameter-groups.golden.json", cases=group_cases(LONG))
write("schedules/golden.json", cases=schedule_cases(), plateau=plateau_cases())
