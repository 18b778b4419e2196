#include "parameters.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "errors.h"

namespace ravine {
namespace {

/// Every array starts on a cache line, so that vector code sees aligned data.
constexpr int64_t kAlign = 16;

int64_t element_count(const Shape& shape) {
  int64_t count = 1;
  for (int64_t size : shape) count *= size;
  return count;
}

int64_t aligned(int64_t count) { return (count + kAlign - 1) / kAlign * kAlign; }

/// Weights of convolutions and linear layers and their biases follow the compute type; normalisations and channel scales
/// keep theirs in the master type, because they compute there.
bool follows_compute_type(const Program& program, const std::string& parameter) {
  const std::string node = parameter.substr(0, parameter.rfind('.'));
  for (const Node& n : program.nodes) {
    if (n.name == node) return n.kind == "conv2d" || n.kind == "linear";
  }
  throw failed("parameter " + parameter + " belongs to no node");
}

}  // namespace

ParameterStore::ParameterStore(const Program& program, const Numerics& numerics) : numerics_(numerics) {
  int64_t total = 0;
  for (const ParameterSpec& spec : program.parameters) {
    Parameter p;
    p.name = spec.name;
    p.shape = spec.shape;
    p.group = spec.group;
    p.offset = total;
    p.count = element_count(spec.shape);
    if (spec.shape.size() == 4) p.format = numerics.format;
    total += aligned(p.count);
    index_[p.name] = parameters_.size();
    parameters_.push_back(std::move(p));
  }
  masters_ = at::zeros({total}, numerics.master_options());
  if (numerics.compute != numerics.master) copies_ = masters_.to(numerics.compute);
  for (Parameter& p : parameters_) {
    p.master = view(masters_, p);
    p.value = copies_.defined() && follows_compute_type(program, p.name) ? view(copies_, p) : p.master;
  }

  int64_t statistics = 0;
  for (const BufferSpec& spec : program.buffers) statistics += aligned(element_count(spec.shape));
  buffers_ = at::zeros({statistics}, numerics.master_options());
  int64_t offset = 0;
  for (const BufferSpec& spec : program.buffers) {
    const int64_t count = element_count(spec.shape);
    buffer_specs_.push_back({spec.name, spec.shape, offset});
    offset += aligned(count);
  }
}

at::Tensor ParameterStore::view(const at::Tensor& flat, const Parameter& p) const {
  const at::Tensor piece = flat.narrow(0, p.offset, p.count);
  if (p.format != at::MemoryFormat::ChannelsLast) return piece.view(p.shape);
  // Stored as O, H, W, I; seen as O, I, H, W.
  return piece.view({p.shape[0], p.shape[2], p.shape[3], p.shape[1]}).permute({0, 3, 1, 2});
}

Parameter& ParameterStore::parameter(const std::string& name) {
  const auto found = index_.find(name);
  if (found == index_.end()) throw failed("the program has no parameter " + name);
  return parameters_[found->second];
}

at::Tensor ParameterStore::buffer(const std::string& name) {
  for (const Buffer& one : buffer_specs_) {
    if (one.name == name) return one.of(buffers_);
  }
  throw failed("the program has no buffer " + name);
}

void ParameterStore::add_slot(const std::string& name, double initial) {
  slots_[name] = {at::zeros_like(masters_), initial};
}

at::Tensor ParameterStore::slot(const std::string& name) const {
  const auto found = slots_.find(name);
  if (found == slots_.end()) throw failed("the optimizer's slot " + name + " was not declared");
  return found->second.flat;
}

void ParameterStore::add_weight_copy(const std::string& name, bool with_buffers) {
  weight_copies_[name] = {masters_.clone(), with_buffers ? buffers_.clone() : at::Tensor()};
}

const WeightCopy& ParameterStore::weight_copy(const std::string& name) const {
  const auto found = weight_copies_.find(name);
  if (found == weight_copies_.end()) throw failed("the program keeps no weights named " + name);
  return found->second;
}

at::Tensor ParameterStore::Buffer::of(const at::Tensor& flat) const {
  return flat.narrow(0, offset, element_count(shape)).view(shape);
}

template <class Use>
void ParameterStore::for_each_weight(const Use& use) const {
  const auto all_of = [&](const std::string& prefix, const at::Tensor& masters, const at::Tensor& buffers) {
    for (const Parameter& p : parameters_) use(prefix + p.name, p.shape, view(masters, p), p.master);
    if (!buffers.defined()) return;
    for (const Buffer& one : buffer_specs_) use(prefix + one.name, one.shape, one.of(buffers), one.of(buffers_));
  };
  all_of("model.", masters_, buffers_);
  for (const auto& [name, copy] : weight_copies_) all_of(name + ".", copy.masters, copy.buffers);
}

std::vector<NamedArray> ParameterStore::export_state() const {
  std::vector<NamedArray> state;
  const auto add = [&](const std::string& name, const Shape& shape, const at::Tensor& tensor) {
    // clone: the caller keeps this memory while training goes on
    state.push_back({name, shape, tensor.to(at::kCPU).clone(at::MemoryFormat::Contiguous)});
  };
  for_each_weight([&](const std::string& name, const Shape& shape, const at::Tensor& array, const at::Tensor&) {
    add(name, shape, array);
  });
  for (const auto& [name, slot] : slots_) {
    for (const Parameter& p : parameters_) add("optimizer." + name + "." + p.name, p.shape, view(slot.flat, p));
  }
  return state;
}

void ParameterStore::import_state(const ArraySource& source) {
  const auto set = [&](const std::string& name, const Shape& shape, const at::Tensor& target) {
    const void* data = source(name);
    if (data != nullptr) {
      target.copy_(at::from_blob(const_cast<void*>(data), shape, at::TensorOptions().dtype(numerics_.master)));
    }
    return data != nullptr;
  };
  for_each_weight([&](const std::string& name, const Shape& shape, const at::Tensor& array, const at::Tensor& trained) {
    if (!set(name, shape, array)) array.copy_(trained);
  });
  for (auto& [name, slot] : slots_) {
    slot.flat.fill_(slot.initial);
    for (const Parameter& p : parameters_) set("optimizer." + name + "." + p.name, p.shape, view(slot.flat, p));
  }
  if (copies_.defined()) copies_.copy_(masters_);
}

}  // namespace ravine
