#include "losses/loss.h"

#include <algorithm>
#include <cmath>

namespace ravine {
namespace {

/// In a function: the constants that fill it may be built before any variable of this file.
std::map<std::string, MakeLoss>& registry() {
  static std::map<std::string, MakeLoss> entries;
  return entries;
}

}  // namespace

double softmax(const double* logits, int64_t classes, double* probabilities) {
  const double highest = *std::max_element(logits, logits + classes);
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) sum += probabilities[c] = std::exp(logits[c] - highest);
  for (int64_t c = 0; c < classes; ++c) probabilities[c] /= sum;
  return highest + std::log(sum);
}

const double* Loss::weighted(const double* target) {
  const double smoothing = number("labelSmoothing"), even = smoothing / static_cast<double>(classes());
  const auto weights = setup_.options.lists.find("classWeights");
  for (int64_t c = 0; c < classes(); ++c) {
    const double weight = weights == setup_.options.lists.end() ? 1 : weights->second[c];
    shares_[c] = ((1 - smoothing) * target[c] + even) * weight;
  }
  return shares_.data();
}

void register_loss(const char* kind, MakeLoss make) { registry()[kind] = make; }

std::unique_ptr<Loss> make_loss(const LossSpec& options, int64_t classes) {
  const auto found = registry().find(options.kind);
  if (found == registry().end()) throw unsupported("loss kind " + options.kind + " is not known to this engine");
  return found->second({options, classes});
}

}  // namespace ravine
