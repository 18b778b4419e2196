"""Learning rates and momenta of torch.optim.lr_scheduler for golden.py, in float64."""

import torch


def schedule_cases():
    s = torch.optim.lr_scheduler

    def rates(make, steps):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5, momentum=0.9)
        scheduler, path, momenta = make(optimizer), [], []
        for _ in range(steps):
            path.append(optimizer.param_groups[0]["lr"])
            momenta.append(optimizer.param_groups[0]["momentum"])
            optimizer.step()
            scheduler.step()
        return path, momenta

    def case(schedule, make, steps=12, skip=0):
        path, momenta = rates(make, steps)
        cycled = {"momenta": momenta} if schedule[0].get("momentum") else {}
        return {"origin": f"torch {torch.__version__}", "schedule": schedule, "learningRate": 0.5, "skip": skip,
                "rates": path, **cycled}

    yield case([{"kind": "constant"}], lambda o: s.LambdaLR(o, lambda _: 1.0))
    yield case([{"kind": "step", "every": {"steps": 4}, "factor": 0.3}], lambda o: s.StepLR(o, 4, 0.3))
    yield case([{"kind": "exponential", "every": {"steps": 1}, "factor": 0.8}], lambda o: s.ExponentialLR(o, 0.8))
    yield case([{"kind": "cosine", "to": 0.1}], lambda o: s.CosineAnnealingLR(o, 12, eta_min=0.05))
    # LinearLR starts at start_factor; our warm-up is one step ahead of it, so its first value is skipped.
    yield case([{"kind": "warmup", "from": 0.25, "for": {"steps": 5}}, {"kind": "constant"}],
               lambda o: s.LinearLR(o, 0.25, 1.0, 5), skip=1)
    yield case([{"kind": "constant", "factor": 0.1, "for": {"steps": 4}}, {"kind": "constant", "factor": 1}],
               lambda o: s.ConstantLR(o, 0.1, 4))
    yield case([{"kind": "cosine", "for": {"steps": 4}}, {"kind": "cosine", "from": 1, "for": {"steps": 8}}],
               lambda o: s.CosineAnnealingWarmRestarts(o, 4, 2))
    yield case([{"kind": "multi-step", "milestones": [{"steps": 3}, {"steps": 7}, {"steps": 7}], "factor": 0.3}],
               lambda o: s.MultiStepLR(o, [3, 7, 7], 0.3))
    yield case([{"kind": "linear", "from": 0.25, "to": 1, "for": {"steps": 5}}], lambda o: s.LinearLR(o, 0.25, 1.0, 5))
    yield case([{"kind": "linear", "to": 0.1}], lambda o: s.LinearLR(o, 1.0, 0.1, 12))
    yield case([{"kind": "polynomial", "power": 3, "for": {"steps": 10}}], lambda o: s.PolynomialLR(o, 10, 3))
    yield case([{"kind": "inverse-time", "rate": 0.5, "every": {"steps": 4}}],
               lambda o: s.LambdaLR(o, lambda i: 1 / (1 + 0.5 * i / 4)))
    for period, growth in ((4, 1), (3, 2), (2, 3)):
        yield case([{"kind": "cosine-restarts", "period": {"steps": period}, "periodFactor": growth, "to": 0.1}],
                   lambda o: s.CosineAnnealingWarmRestarts(o, period, growth, eta_min=0.05), 40)
    for extra, arguments in (
        ({}, {}),
        ({"shape": "linear", "pctStart": 0.25, "divFactor": 10, "finalDivFactor": 100},
         {"anneal_strategy": "linear", "pct_start": 0.25, "div_factor": 10, "final_div_factor": 100}),
        ({"threePhase": True, "pctStart": 0.4}, {"three_phase": True, "pct_start": 0.4}),
    ):
        yield case([{"kind": "one-cycle", **extra}],
                   lambda o: s.OneCycleLR(o, 0.5, total_steps=20, cycle_momentum=False, **arguments), 20)
        yield case([{"kind": "one-cycle", **extra, "momentum": {"high": 0.93, "low": 0.6}}],
                   lambda o: s.OneCycleLR(o, 0.5, total_steps=20, base_momentum=0.6, max_momentum=0.93, **arguments), 20)
    for extra, arguments in (
        ({}, {}),
        ({"fall": {"steps": 5}, "mode": "triangular2"}, {"step_size_down": 5, "mode": "triangular2"}),
        ({"fall": {"steps": 2}, "mode": "exp-range", "decay": 0.9}, {"step_size_down": 2, "mode": "exp_range", "gamma": 0.9}),
    ):
        yield case([{"kind": "cyclical", "rise": {"steps": 3}, "from": 0.2, **extra}],
                   lambda o: s.CyclicLR(o, 0.1, 0.5, step_size_up=3, cycle_momentum=False, **arguments), 30)
        yield case([{"kind": "cyclical", "rise": {"steps": 3}, "from": 0.2, **extra, "momentum": {"high": 0.93, "low": 0.6}}],
                   lambda o: s.CyclicLR(o, 0.1, 0.5, step_size_up=3, base_momentum=0.6, max_momentum=0.93, **arguments), 30)


def plateau_cases():
    losses = [2.0, 1.5, 1.4999, 1.6, 1.2, 1.21, 1.22, 1.23, 1.24, 1.25, 1.26, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5]
    accuracies = [0.1, 0.3, 0.3, 0.31, 0.305, 0.29, 0.32, 0.32, 0.32, 0.32, 0.4, 0.4, 0.39, 0.41, 0.41, 0.41, 0.41, 0.42]
    table = [
        ({"patience": 2}, losses, {"patience": 2}),
        ({"patience": 0, "factor": 0.5, "cooldown": 2}, losses, {"patience": 0, "factor": 0.5, "cooldown": 2}),
        ({"patience": 1, "factor": 0.5, "minimum": 0.2, "threshold": 0.05, "thresholdMode": "absolute"}, losses,
         {"patience": 1, "factor": 0.5, "min_lr": 0.1, "threshold": 0.05, "threshold_mode": "abs"}),
        ({"metric": "validation.accuracy", "patience": 1, "factor": 0.7, "threshold": 0.05, "cooldown": 1}, accuracies,
         {"mode": "max", "patience": 1, "factor": 0.7, "threshold": 0.05, "cooldown": 1}),
    ]
    for options, results, arguments in table:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        scheduler, rates = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, eps=0, **arguments), []
        for result in results:
            rates.append(optimizer.param_groups[0]["lr"])
            scheduler.step(result)
        yield {"origin": f"torch {torch.__version__}", "schedule": [{"kind": "reduce-on-plateau", **options}],
               "learningRate": 0.5, "results": results, "rates": rates}
