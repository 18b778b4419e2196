// Times every optimizer's update and the gradient norm alone, beside what the memory of this machine gives.
//   optimizers <parameters> <rounds>
#include <ATen/Parallel.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "optimizers/optimizer.h"
#include "optimizers/widest.h"

namespace ravine {
namespace {

struct Case {
  const char* name;
  OptimizerSpec spec;
  std::vector<const char*> slots;
};

/// Every rule in the form that most runs use, and those with other loops.
std::vector<Case> cases() {
  OptimizerSpec base;
  base.texts = {{"convention", "pytorch"}};
  base.numbers = {{"epsilon", 1e-8}, {"alpha", 0.9}, {"beta1", 0.9}, {"beta2", 0.999}, {"beta3", 0.99}, {"momentumDecay", 0.004},
                  {"dampening", 0}, {"learningRateDecay", 0}, {"trustCoefficient", 0.001}};
  base.flags = {{"nesterov", false}, {"adaptVectors", true}};
  const auto with = [&](const char* kind, double momentum = 0, bool centered = false) {
    OptimizerSpec spec = base;
    spec.kind = kind;
    spec.numbers["momentum"] = momentum;
    spec.flags["centered"] = centered;
    return spec;
  };
  return {
      {"sgd", with("sgd"), {}},
      {"sgd, momentum", with("sgd", 0.9), {"momentum"}},
      {"adagrad", with("adagrad"), {"sum"}},
      {"rmsprop", with("rmsprop"), {"square"}},
      {"rmsprop, centered, momentum", with("rmsprop", 0.9, true), {"square", "mean", "momentum"}},
      {"adam", with("adam"), {"mean", "square"}},
      {"radam", with("radam"), {"mean", "square"}},
      {"amsgrad", with("amsgrad"), {"mean", "square", "largest"}},
      {"nadam", with("nadam"), {"mean", "square"}},
      {"lion", with("lion"), {"momentum"}},
      {"adan", with("adan"), {"mean", "difference", "square", "previous"}},
      {"lamb", with("lamb"), {"mean", "square"}},
      {"lars", with("lars", 0.9), {"momentum"}},
  };
}

/// Shortest time of one call in seconds.
template <class Work>
double shortest(int rounds, const Work& work) {
  double best = 0;
  for (int i = 0; i <= rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (i == 1 || (i > 1 && seconds < best)) best = seconds;  // round 0 warms up
  }
  return best;
}

/// Bytes per second of reading and writing an array of 256 MiB in place: what an update can hope for.
double memory_speed(int rounds) {
  const int64_t count = int64_t{64} << 20;
  const at::Tensor array = at::full({count}, 1.0, at::kFloat);
  float* values = array.data_ptr<float>();
  const double seconds = shortest(rounds, [&] {
    at::parallel_for(0, count, count / at::get_num_threads(), [&](int64_t begin, int64_t end) {
      const auto scale = [](float* first, int64_t n) {
        for (int64_t i = 0; i < n; ++i) first[i] *= 0.999f;
      };
      on_widest(scale, values + begin, end - begin);
    });
  });
  return 8.0 * static_cast<double>(count) / seconds;
}

/// One weight that takes most of the parameters and a bias.
Program network(int64_t parameters, Precision precision) {
  Program program;
  program.precision = precision;
  const int64_t outputs = 1000, inputs = std::max<int64_t>(parameters / outputs, 1);
  Node node;
  node.kind = "linear";
  node.name = "fc";
  program.nodes = {node};
  program.parameters = {{"fc.weight", {outputs, inputs}}, {"fc.bias", {outputs}}};
  program.groups = {{1e-5, 1.0}};
  return program;
}

void print_row(const char* name, int64_t parameters, double seconds, double bytes, double speed) {
  const double count = static_cast<double>(parameters);
  std::printf("%-28s %8.2f ms %8.3f ns/parameter %7.1f GB/s %5.0f %%\n", name, seconds * 1e3, seconds * 1e9 / count,
              bytes * count / seconds / 1e9, 100 * bytes * count / seconds / speed);
}

void measure(Precision precision, int64_t parameters, int rounds, double speed) {
  const Numerics numerics = numerics_for(precision, at::kCPU);
  const Program program = network(parameters, precision);
  ParameterStore store(program, numerics);
  std::set<std::string> slots;
  for (const Case& c : cases()) slots.insert(c.slots.begin(), c.slots.end());
  std::vector<SlotSpec> specs;
  for (const std::string& slot : slots) {
    for (const ParameterSpec& p : program.parameters) specs.push_back({slot, p.name, p.shape, 0});
  }
  store.add_slots(specs);
  int64_t count = 0;
  for (Parameter& p : store.parameters()) {
    p.gradient = at::randn(p.shape, at::kFloat).to(numerics.compute);
    count += p.count;
  }
  const double gradient = static_cast<double>(c10::elementSize(numerics.compute));
  const double copy = store.copies().defined() ? 2 : 0;
  std::printf("\n%s\n", precision == Precision::bf16 ? "bf16" : "fp32");
  print_row("norm", count, shortest(rounds, [&] { gradient_norm(store); }), gradient, speed);
  for (const Case& c : cases()) {
    const auto optimizer = make_optimizer(c.spec, program.groups, "");
    const double seconds = shortest(rounds, [&] { optimizer->update(store, {10, 1e-4, 0.5}); });
    print_row(c.name, count, seconds, 8.0 * (1 + static_cast<double>(c.slots.size())) + gradient + copy, speed);
  }
}

}  // namespace
}  // namespace ravine

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: optimizers <parameters> <rounds>\n"), 1;
  const int64_t parameters = std::atoll(argv[1]);
  const int rounds = std::atoi(argv[2]);
  const double speed = ravine::memory_speed(rounds);
  std::printf("%d threads; reading and writing in place: %.1f GB/s\n", at::get_num_threads(), speed / 1e9);
  for (const auto precision : {ravine::Precision::bf16, ravine::Precision::fp32}) {
    ravine::measure(precision, parameters, rounds, speed);
  }
}
