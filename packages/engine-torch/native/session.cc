#include "session.h"

#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "blas.h"
#include "errors.h"
#include "optimizers/gradient_clip.h"
#include "optimizers/gradient_noise.h"
#include "optimizers/gradient_sum.h"
#include "optimizers/weight_copies.h"

namespace ravine {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kProgressInterval = std::chrono::milliseconds(100);

std::vector<double> to_doubles(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kCPU, at::kDouble).contiguous();
  const double* data = values.data_ptr<double>();
  return {data, data + values.numel()};
}

/// The `k` best classes in descending order; ties go to the lower index.
void rank(const std::vector<double>& probabilities, int64_t k, SampleResults& results) {
  std::vector<uint16_t> classes(probabilities.size());
  for (size_t c = 0; c < classes.size(); ++c) classes[c] = static_cast<uint16_t>(c);
  std::partial_sort(classes.begin(), classes.begin() + k, classes.end(), [&](uint16_t a, uint16_t b) {
    return probabilities[a] != probabilities[b] ? probabilities[a] > probabilities[b] : a < b;
  });
  for (int64_t i = 0; i < k; ++i) {
    results.ranked.push_back(classes[i]);
    results.probabilities.push_back(static_cast<float>(probabilities[classes[i]]));
  }
}

}  // namespace

Session::Session(Program program, Dataset data, SessionOptions options)
    : program_(std::move(program)),
      data_(std::move(data)),
      options_(std::move(options)),
      numerics_(numerics_for(program_.precision, options_.device)),
      store_(program_, numerics_),
      graph_(program_, store_, numerics_),
      reader_(program_, numerics_),
      losses_(program_.loss, program_.classes, program_.nodes[program_.output].shape[0]),
      optimizer_(make_optimizer(program_.optimizer, program_.groups, options_.momentum_option)) {
  if (program_.weight_average) store_.add_weight_copy(kAverage, true);
  if (program_.lookahead) store_.add_weight_copy(kSlow, false);
}

void Session::enter() const {
  set_blas_threads(options_.threads);
  // OpenMP keeps the number per thread. Setting it anew would also restart libtorch's other pools, which then spin.
  thread_local int entered_with = 0;
  if (entered_with == options_.threads) return;
  entered_with = options_.threads;
  at::set_num_threads(options_.threads);
}

StepStats Session::train(const StepPlan& plan, const ShouldStop& stop, const Progress& progress) {
  const Split& split = data_.splits.at("train");
  StepStats stats;
  auto reported = Clock::now();
  for (int64_t i = 0; i < plan.steps && !stop(); ++i) {
    const Step done = step(plan, i, split);
    stats.losses.push_back(done.loss);
    stats.correct.push_back(done.correct);
    stats.gradient_norms.push_back(done.gradient_norm);
    stats.non_finite = done.non_finite;
    if (stats.non_finite != nullptr) break;
    if (Clock::now() - reported >= kProgressInterval) {
      progress(i + 1, done.loss);
      reported = Clock::now();
    }
  }
  return stats;
}

Session::Step Session::step(const StepPlan& plan, int64_t index, const Split& split) {
  std::vector<const uint8_t*> images;
  std::vector<uint16_t> labels;
  const int64_t first = plan.offsets[index];
  for (int64_t i = first; i < plan.offsets[index + 1]; ++i) {
    images.push_back(split.image(plan.order[i]));
    labels.push_back(split.labels[plan.order[i]]);
  }
  const at::Tensor statistics = store_.buffers().clone();  // to take back a step that is not finite
  const at::Tensor input = mix_images(reader_.read(images, plan.augmentations, first), numerics_.format, plan.mixes, first);
  const std::vector<double> targets = mixed_targets(labels, program_.classes, plan.mixes, first);
  const PhiloxKey dropout_key{plan.dropout_keys[index * 2], plan.dropout_keys[index * 2 + 1]};
  const Step step = differentiate(input, targets, dropout_key, !plan.statistics_only);
  if (step.non_finite != nullptr) {
    store_.buffers().copy_(statistics);
  } else if (!plan.statistics_only) {
    update(plan, index, step.gradient_norm);
  }
  return step;
}

Session::Step Session::differentiate(const at::Tensor& input, const std::vector<double>& targets,
                                     PhiloxKey dropout_key, bool backward) {
  const int64_t batch = input.size(0);
  const int64_t pieces = program_.micro_batch > 0 ? (batch + program_.micro_batch - 1) / program_.micro_batch : 1;
  Step step;
  step.gradient_norm = std::numeric_limits<double>::quiet_NaN();
  GradientSum sum;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t begin = piece * batch / pieces, end = (piece + 1) * batch / pieces;
    const at::Tensor part = pieces == 1 ? input : input.narrow(0, begin, end - begin);
    const at::Tensor output = graph_.forward(part, Pass{true, dropout_key, begin});
    BatchLoss loss = losses_.sum(to_doubles(output), targets.data() + begin * program_.classes, 1.0 / batch);
    step.loss += loss.loss;
    step.correct += loss.correct;
    if (!std::isfinite(step.loss)) {
      step.non_finite = "loss";
      return step;
    }
    if (!backward) continue;
    const at::Tensor gradient = at::from_blob(loss.gradient.data(), output.sizes(), at::TensorOptions(at::kDouble));
    graph_.backward(gradient.to(output.device(), output.scalar_type(), false, true));
    if (pieces > 1) sum.take(store_);
  }
  if (!backward) return step;
  if (pieces > 1) sum.give(store_);
  step.gradient_norm = gradient_norm(store_);
  if (!std::isfinite(step.gradient_norm)) step.non_finite = "gradient";
  return step;
}

void Session::update(const StepPlan& plan, int64_t index, double gradient_norm) {
  double scale = clip_gradients(store_, program_.clip, gradient_norm);
  if (plan.noise_keys != nullptr) {
    const uint32_t* key = plan.noise_keys + index * 2;
    add_gradient_noise(store_, scale, plan.noise_deviations[index], {key[0], key[1]});
    scale = 1;
  }
  if (plan.momenta != nullptr) optimizer_->set_momentum(plan.momenta[index]);
  else optimizer_->reset_momentum();
  optimizer_->update(store_, {plan.first_step + index + 1, plan.rates[index], scale});
  if (plan.lookahead_shares != nullptr && plan.lookahead_shares[index] > 0) {
    look_ahead(store_, plan.lookahead_shares[index]);
  }
  if (plan.average_shares != nullptr && plan.average_shares[index] > 0) {
    average_weights(store_, plan.average_shares[index]);
  }
}

std::vector<double> Session::outputs(const std::vector<const uint8_t*>& images,
                                     const std::vector<Augmentation>& augmentations, int64_t first_draw) {
  return to_doubles(graph_.forward(reader_.read(images, augmentations, first_draw), Pass{}));
}

Logits Session::logits(const LogitsRequest& request, const ShouldStop& stop) {
  const int64_t bytes = program_.channels * program_.height * program_.width;
  const Split* split = request.split.empty() ? nullptr : &data_.splits.at(request.split);
  Logits result;
  for (int64_t begin = 0; begin < request.count; begin += request.batch_size) {
    if (stop()) {
      result.stopped = true;
      break;
    }
    std::vector<const uint8_t*> images;
    for (int64_t i = begin; i < std::min(request.count, begin + request.batch_size); ++i) {
      const int64_t index = request.indices != nullptr ? request.indices[i] : i;
      images.push_back(split != nullptr ? split->image(index) : request.images + i * bytes);
    }
    const std::vector<double> batch = class_logits(outputs(images, request.augmentations, begin), losses_.outputs());
    result.values.insert(result.values.end(), batch.begin(), batch.end());
  }
  return result;
}

SampleResults Session::evaluate(const EvaluationRequest& request, const ShouldStop& stop) {
  const Split& split = data_.splits.at(request.split);
  SampleResults results;
  std::vector<double> probabilities(program_.classes);
  for (int64_t begin = 0; begin < request.count; begin += request.batch_size) {
    if (stop()) {
      results.stopped = true;
      break;
    }
    std::vector<const uint8_t*> images;
    std::vector<uint16_t> labels;
    for (int64_t i = begin; i < std::min(request.count, begin + request.batch_size); ++i) {
      const int64_t index = request.indices != nullptr ? request.indices[i] : i;
      images.push_back(split.image(index));
      labels.push_back(split.labels[index]);
    }
    const std::vector<double> values = outputs(images);
    const std::vector<double> batch = class_logits(values, losses_.outputs());
    for (size_t i = 0; i < labels.size(); ++i) {
      softmax(batch.data() + i * program_.classes, program_.classes, probabilities.data());
      results.losses.push_back(static_cast<float>(losses_.judge(values.data() + i * losses_.outputs(), labels[i])));
      rank(probabilities, request.top_k, results);
    }
  }
  return results;
}

std::vector<float> Session::predict(const uint8_t* images, int64_t count) {
  constexpr int64_t kBatch = 128;
  const int64_t bytes = program_.channels * program_.height * program_.width;
  std::vector<float> result;
  std::vector<double> probabilities(program_.classes);
  for (int64_t begin = 0; begin < count; begin += kBatch) {
    std::vector<const uint8_t*> batch;
    for (int64_t i = begin; i < std::min(count, begin + kBatch); ++i) batch.push_back(images + i * bytes);
    const std::vector<double> values = class_logits(outputs(batch), losses_.outputs());
    for (size_t i = 0; i < batch.size(); ++i) {
      softmax(values.data() + i * program_.classes, program_.classes, probabilities.data());
      result.insert(result.end(), probabilities.begin(), probabilities.end());
    }
  }
  return result;
}

}  // namespace ravine
