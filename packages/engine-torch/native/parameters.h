// Parameters, running statistics and optimizer slots in flat arrays, with a tensor view of each named piece.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "numerics.h"
#include "program.h"

namespace ravine {

/// One trained array. Layers read `value` and write `gradient`; the optimizer reads `gradient` and the flat arrays.
struct Parameter {
  std::string name;
  Shape shape;
  int group = 0;
  int64_t offset = 0;  // in the flat arrays
  int64_t count = 0;
  at::MemoryFormat format = at::MemoryFormat::Contiguous;
  at::Tensor master;    // view of the flat masters
  at::Tensor value;     // what layers compute with: the master, or its copy in the compute format
  at::Tensor gradient;  // dense, in `format`, any floating type; set by the backward pass of each step
};

/// Copies a named array from outside; the memory holds `count` values of the master type in OIHW order.
using ArraySource = std::function<const void*(const std::string& name)>;

struct NamedArray {
  std::string name;
  Shape shape;
  at::Tensor data;  // on the CPU, contiguous, OIHW
};

/// Weights beside the trained ones, in the layout of the masters and the running statistics.
struct WeightCopy {
  at::Tensor masters;
  at::Tensor buffers;  // undefined: it has no statistics of its own
};

class ParameterStore {
 public:
  ParameterStore(const Program& program, const Numerics& numerics);

  Parameter& parameter(const std::string& name);
  at::Tensor buffer(const std::string& name);

  std::vector<Parameter>& parameters() { return parameters_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  at::Tensor masters() const { return masters_; }
  /// Copies of the masters in the compute type; undefined when both types are the same.
  at::Tensor copies() const { return copies_; }
  /// All running statistics, flat.
  at::Tensor buffers() const { return buffers_; }

  /// Adds a flat array of the masters' layout, and what it starts from where a state does not name it.
  void add_slot(const std::string& name, double initial);
  at::Tensor slot(const std::string& name) const;
  /// Adds a second set of weights, which starts as the trained ones where a state does not name it.
  void add_weight_copy(const std::string& name, bool with_buffers);
  const WeightCopy& weight_copy(const std::string& name) const;
  /// The piece of a flat array that belongs to a parameter, in its shape.
  at::Tensor view(const at::Tensor& flat, const Parameter& parameter) const;

  /// Canonical names `model.…`, `<weight copy>.…` and `optimizer.<slot>.…`, OIHW, master type.
  std::vector<NamedArray> export_state() const;
  /// Sets parameters, buffers and slots. `source` returns nullptr for a slot that starts from its initial value.
  void import_state(const ArraySource& source);

 private:
  Numerics numerics_;
  std::vector<Parameter> parameters_;
  std::map<std::string, size_t> index_;
  struct Buffer {
    std::string name;
    Shape shape;
    int64_t offset;
    at::Tensor of(const at::Tensor& flat) const;
  };
  /// Every array of weights: its name in a state, its shape, the array, and that of the trained weights.
  template <class Use>
  void for_each_weight(const Use& use) const;
  std::vector<Buffer> buffer_specs_;
  struct Slot {
    at::Tensor flat;
    double initial;
  };
  std::map<std::string, Slot> slots_;
  std::map<std::string, WeightCopy> weight_copies_;
  at::Tensor masters_, copies_, buffers_;
};

}  // namespace ravine
