"""Golden vectors of schedules."""

import torch


def schedule_cases():
    s = torch.optim.lr_scheduler

    def rates(make, steps):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        scheduler, path = make(optimizer), []
        for _ in range(steps):
            path.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return path

    def case(schedule, make, steps=12, skip=0):
        return {"origin": f"torch {torch.__version__}", "schedule": schedule, "learningRate": 0.5, "skip": skip,
                "rates": rates(make, steps)}

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
