"""Golden vectors of parameter groups."""

import torch


def group_cases(gradients):
    """torch.optim's own parameter groups: one per parameter, made by hand from what the options mean."""
    parameters = [("conv1.weight", "conv-weight"), ("conv1.bias", "bias"), ("bn1.weight", "norm-scale"),
                  ("bn1.bias", "norm-shift"), ("fc1.weight", "linear-weight"), ("fc2.weight", "linear-weight"),
                  ("fc2.bias", "bias")]
    factors = {"convolution": 0.5, "bias": 2, "norm": 0.1, "head": 3}
    by_hand = [(0.5, 0.1), (2, 0), (0.1, 0), (0.1, 0), (1, 0.1), (3, 0.1), (3, 0)]
    for optimizer, make, rate in (({"kind": "sgd", "momentum": 0.9}, torch.optim.SGD, 0.1),
                                  ({"kind": "adamw"}, torch.optim.AdamW, 0.01)):
        thetas = [torch.tensor([1.0], dtype=torch.float64, requires_grad=True) for _ in parameters]
        groups = [{"params": [theta], "lr": rate * factor, "weight_decay": decay}
                  for theta, (factor, decay) in zip(thetas, by_hand)]
        torch_optimizer = make(groups, lr=rate, **{k: v for k, v in optimizer.items() if k == "momentum"})
        paths = [[] for _ in parameters]
        for i, gradient in enumerate(gradients):
            for k, (theta, (factor, _)) in enumerate(zip(thetas, by_hand)):
                theta.grad = torch.tensor([gradient * (k + 1)], dtype=torch.float64)
                torch_optimizer.param_groups[k]["lr"] = rate * 0.9**i * factor
            torch_optimizer.step()
            for path, theta in zip(paths, thetas):
                path.append(theta.item())
        yield {"origin": f"torch {torch.__version__}", "optimizer": {**optimizer, "weightDecay": 0.1},
               "parameterGroups": {"decayNormsAndBiases": False, "learningRateFactors": factors},
               "parameters": parameters, "gradients": gradients,
               "learningRates": [rate * 0.9**i for i in range(len(gradients))], "paths": paths}
