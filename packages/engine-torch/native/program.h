// The program as the engine needs it: what packages/training/src/program.ts defines, as plain structs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "errors.h"

namespace ravine {

using Shape = std::vector<int64_t>;

/// One primitive layer. Only the options of its kind are set.
struct Node {
  std::string kind;
  std::string name;
  std::vector<int> inputs;  // indices of nodes; kInput is the image
  Shape shape;              // without the batch dimension
  int64_t kernel = 0;
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t groups = 1;
  bool bias = false;
  double momentum = 0;
  double epsilon = 0;
  double rate = 0;
  double slope = 0;
  double value = 0;
  bool tanh = false;  // which form of GELU
};

constexpr int kInput = -1;

struct ParameterSpec {
  std::string name;
  Shape shape;
  int group = 0;
};

struct BufferSpec {
  std::string name;
  Shape shape;
};

struct ParameterGroup {
  double weight_decay = 0;
  double rate_factor = 1;
};

/// Options of one of a family under the names that its TypeScript definition gives them.
struct KindOptions {
  std::string kind;
  std::map<std::string, double> numbers;
  std::map<std::string, bool> flags;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::vector<double>> lists;  // those that are not null

  double number(const std::string& name) const { return at(numbers, name); }
  bool flag(const std::string& name) const { return at(flags, name); }
  const std::string& text(const std::string& name) const { return at(texts, name); }

 private:
  template <class Value>
  const Value& at(const std::map<std::string, Value>& values, const std::string& name) const {
    const auto found = values.find(name);
    if (found == values.end()) throw unsupported(kind + " was given no option " + name);
    return found->second;
  }
};

using LossSpec = KindOptions;
using OptimizerSpec = KindOptions;

/// How gradients are made smaller before an update.
enum class ClipKind { none, network_norm, parameter_norm, value, adaptive };

struct ClipSpec {
  ClipKind kind = ClipKind::none;
  double limit = 0;    // largest norm or value; adaptive: largest ratio of the norms of gradient and weights
  double epsilon = 0;  // adaptive: smallest norm of weights
  std::string except;  // adaptive: the node whose parameters are left alone
};

enum class Precision { fp32, bf16, fp64 };

struct Program {
  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;
  std::vector<double> mean;
  std::vector<double> standard_deviation;
  std::vector<Node> nodes;
  int output = 0;
  int64_t classes = 0;
  std::vector<ParameterSpec> parameters;
  std::vector<BufferSpec> buffers;
  std::vector<ParameterGroup> groups;
  LossSpec loss;
  OptimizerSpec optimizer;
  ClipSpec clip;
  int64_t micro_batch = 0;      // most samples that are computed at once; 0: any number
  bool weight_average = false;  // whether a mean of the weights is kept
  bool lookahead = false;       // whether slow weights are kept
  Precision precision = Precision::fp32;
};

}  // namespace ravine
