// One network with its data: trains, evaluates, predicts. Knows no JavaScript; one call at a time.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "batch_loss.h"
#include "graph.h"
#include "images.h"
#include "mixing.h"
#include "optimizers/optimizer.h"

namespace ravine {

struct Dataset {
  std::map<std::string, Split> splits;
};

struct SessionOptions {
  at::Device device;
  int threads = 1;
  std::string momentum_option;  // of the optimizer, which `momenta` of a plan set; empty: it has none
};

/// Asked at every boundary (step, batch) whether the call is to end there.
using ShouldStop = std::function<bool()>;

/// Consecutive steps; arrays belong to the caller.
struct StepPlan {
  int64_t first_step = 0;
  int64_t steps = 0;
  const int32_t* offsets = nullptr;       // [steps + 1]
  const int32_t* order = nullptr;
  const double* rates = nullptr;          // [steps]
  const double* momenta = nullptr;        // [steps]; null: the optimizer's own
  const uint32_t* dropout_keys = nullptr; // [steps × 2]
  const double* average_shares = nullptr;    // [steps]; null: 0
  const double* lookahead_shares = nullptr;  // [steps]; null: 0
  const uint32_t* noise_keys = nullptr;      // [steps × 2]; null: no noise on gradients
  const double* noise_deviations = nullptr;  // [steps]
  bool statistics_only = false;              // forward passes alone: running statistics move, nothing else does
  std::vector<Augmentation> augmentations;
  std::vector<Mix> mixes;
};

struct StepStats {
  std::vector<double> losses, gradient_norms;
  std::vector<int32_t> correct;
  const char* non_finite = nullptr;  // "loss" or "gradient" of the last step
};

struct EvaluationRequest {
  std::string split;
  const int32_t* indices = nullptr;  // null: all
  int64_t count = 0;
  int64_t top_k = 1;
  int64_t batch_size = 1;
};

/// Images whose outputs are asked for, as the augmentations leave them.
struct LogitsRequest {
  std::string split;                // empty: `images`
  const uint8_t* images = nullptr;  // [count] images in NHWC order
  const int32_t* indices = nullptr; // into the split; null: all
  int64_t count = 0;
  int64_t batch_size = 1;
  std::vector<Augmentation> augmentations;  // draws in the order of the images
};

struct Logits {
  std::vector<double> values;  // [count × classes]
  bool stopped = false;
};

struct SampleResults {
  std::vector<float> losses;
  std::vector<uint16_t> ranked;
  std::vector<float> probabilities;
  bool stopped = false;
};

using Progress = std::function<void(int64_t steps_done, double loss)>;

class Session {
 public:
  Session(Program program, Dataset data, SessionOptions options);

  void add_slots(const std::vector<SlotSpec>& specs) { store_.add_slots(specs); }
  StepStats train(const StepPlan& plan, const ShouldStop& stop, const Progress& progress);
  SampleResults evaluate(const EvaluationRequest& request, const ShouldStop& stop);
  Logits logits(const LogitsRequest& request, const ShouldStop& stop);
  /// Softmax probabilities [count × classes].
  std::vector<float> predict(const uint8_t* images, int64_t count);
  std::vector<NamedArray> state() const { return store_.export_state(); }
  void restore(const ArraySource& source) { store_.import_state(source); }
  /// Gives the calling thread the session's number of threads. Call it on the thread that computes.
  void enter() const;

 private:
  struct Step {
    double loss = 0;
    int32_t correct = 0;
    double gradient_norm;
    const char* non_finite = nullptr;
  };
  Step step(const StepPlan& plan, int64_t index, const Split& split);
  /// Forward and, where `backward`, backward, in pieces that the program's micro batch allows; backward sets every
  /// parameter's gradient.
  Step differentiate(const at::Tensor& input, const std::vector<double>& targets, PhiloxKey dropout_key, bool backward);
  /// Clips, updates the weights and what is kept beside them.
  void update(const StepPlan& plan, int64_t index, double gradient_norm);
  std::vector<double> outputs(const std::vector<const uint8_t*>& images,
                              const std::vector<Augmentation>& augmentations = {}, int64_t first_draw = 0);

  Program program_;
  Dataset data_;
  SessionOptions options_;
  Numerics numerics_;
  ParameterStore store_;
  Graph graph_;
  ImageReader reader_;
  BatchLosses losses_;
  std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace ravine
