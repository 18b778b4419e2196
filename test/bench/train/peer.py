"""
The peer: one PyTorch training step as a person who knows PyTorch writes it. Answers requests, one JSON value a line.
  {"program", "batch"}  builds the network and warms up → {"msPerStep"}
  {"steps": n}          trains n steps                  → {"msPerStep", "loss"}
  {}                    ends                            → {"peakMiB", "version"}
The batch is on hand as normalised floats in channels_last; the engine reads and normalises uint8 images in each step.
"""
import json
import os
import sys
import time

import torch
from torch import nn

from network import Network


def peak_mib():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


class Peer:
    def __init__(self, request):
        program = request["program"]
        torch.manual_seed(0)
        self.bf16 = program["precision"] == "bf16"
        self.network = Network(program).to(memory_format=torch.channels_last)
        size = program["input"]
        images = torch.randn(request["batch"], size["channels"], size["height"], size["width"])
        self.images = images.to(memory_format=torch.channels_last)
        self.labels = torch.randint(0, program["classes"], (request["batch"],))
        self.criterion = nn.CrossEntropyLoss()
        # Not Adam's foreach form, which on a CPU was the slower one in two of three networks and no faster in the third.
        decay = program["groups"][0]["weightDecay"]
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=3e-4, weight_decay=decay)
        self.clip = program["gradientClip"]

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            logits = self.network(self.images)
        loss = self.criterion(logits.float(), self.labels)
        loss.backward()
        if self.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip["norm"])
        self.optimizer.step()
        return loss.item()

    def steps(self, count):
        began = time.perf_counter()
        for _ in range(count):
            loss = self.step()
        return {"msPerStep": (time.perf_counter() - began) * 1000 / count, "loss": loss}


def main():
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    peer = None
    for line in sys.stdin:
        request = json.loads(line)
        if "program" in request:
            peer = Peer(request)
            peer.steps(3)
            answer = peer.steps(2)
        elif "steps" in request:
            answer = peer.steps(request["steps"])
        else:
            answer = {"peakMiB": peak_mib(), "version": f"PyTorch {torch.__version__}"}
        print(json.dumps(answer), flush=True)
        if not request:
            return


main()
