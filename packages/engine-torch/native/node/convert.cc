#include "node/convert.h"

#include <map>

namespace ravine {
namespace {

std::string text(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
}

/// `fallback` where the key is missing: an option of another kind.
double number(const Napi::Object& object, const char* key, double fallback = 0) {
  const Napi::Value value = object.Get(key);
  return value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : fallback;
}

int64_t integer(const Napi::Object& object, const char* key, int64_t fallback = 0) {
  return static_cast<int64_t>(number(object, key, static_cast<double>(fallback)));
}

bool flag(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  return value.IsBoolean() && value.As<Napi::Boolean>().Value();
}

Napi::Object object(const Napi::Object& parent, const char* key) { return parent.Get(key).As<Napi::Object>(); }

/// `read(element)` of every element.
template <class Read>
auto list(const Napi::Array& array, const Read& read) {
  std::vector<decltype(read(array.Get(0u)))> result;
  for (uint32_t i = 0; i < array.Length(); ++i) result.push_back(read(array.Get(i)));
  return result;
}

/// The same of the array `parent[key]`.
template <class Read>
auto list(const Napi::Object& parent, const char* key, const Read& read) {
  return list(parent.Get(key).As<Napi::Array>(), read);
}

std::vector<double> numbers(const Napi::Object& parent, const char* key) {
  return list(parent, key, [](const Napi::Value& v) { return v.As<Napi::Number>().DoubleValue(); });
}

Shape shape(const Napi::Object& parent) {
  return list(parent, "shape", [](const Napi::Value& v) { return v.As<Napi::Number>().Int64Value(); });
}

/// First element of the typed array `parent[key]`; null where it is null.
template <class T>
const T* data(const Napi::Object& parent, const char* key) {
  const Napi::Value value = parent.Get(key);
  return value.IsTypedArray() ? value.As<Napi::TypedArrayOf<T>>().Data() : nullptr;
}

Node to_node(const Napi::Object& value, const std::map<std::string, int>& indices) {
  Node node;
  node.kind = text(value, "kind");
  node.name = text(value, "name");
  node.inputs =
      list(value, "inputs", [&](const Napi::Value& v) { return indices.at(v.As<Napi::String>().Utf8Value()); });
  node.shape = shape(value);
  node.kernel = integer(value, "kernel");
  node.stride = integer(value, "stride", 1);
  node.padding = integer(value, "padding");
  node.groups = integer(value, "groups", 1);
  node.bias = flag(value, "bias");
  node.momentum = number(value, "momentum");
  node.epsilon = number(value, "epsilon");
  node.rate = number(value, "rate");
  node.slope = number(value, "slope");
  node.value = number(value, "value");
  node.tanh = text(value, "approximation") == "tanh";
  return node;
}

/// Every option by its name; those of an object `part` are called `part.option`.
void read_options(const Napi::Object& value, const std::string& prefix, KindOptions& spec) {
  for (const auto& [key, property] : value) {
    const std::string name = prefix + key.ToString().Utf8Value();
    const Napi::Value option = property;
    if (option.IsNumber()) spec.numbers[name] = option.As<Napi::Number>().DoubleValue();
    if (option.IsBoolean()) spec.flags[name] = option.As<Napi::Boolean>().Value();
    if (option.IsString()) spec.texts[name] = option.As<Napi::String>().Utf8Value();
    if (option.IsArray()) {
      spec.lists[name] = numbers(value, key.ToString().Utf8Value().c_str());
    } else if (option.IsObject()) {
      read_options(option.As<Napi::Object>(), name + ".", spec);
    }
  }
}

KindOptions to_options(const Napi::Object& value) {
  KindOptions spec;
  read_options(value, "", spec);
  spec.kind = spec.text("kind");
  return spec;
}

ClipSpec to_clip(const Napi::Value& value) {
  if (!value.IsObject()) return {};
  const Napi::Object clip = value.As<Napi::Object>();
  if (clip.Get("value").IsNumber()) return {ClipKind::value, number(clip, "value"), 0, ""};
  if (clip.Get("adaptive").IsObject()) {
    const Napi::Object adaptive = object(clip, "adaptive");
    return {ClipKind::adaptive, number(adaptive, "ratio"), number(adaptive, "epsilon"), text(clip, "except")};
  }
  const ClipKind kind = text(clip, "per") == "parameter" ? ClipKind::parameter_norm : ClipKind::network_norm;
  return {kind, number(clip, "norm"), 0, ""};
}

Precision to_precision(const std::string& name) {
  if (name == "bf16") return Precision::bf16;
  return name == "fp64" ? Precision::fp64 : Precision::fp32;
}

Split to_split(const Napi::Object& value, int64_t image_bytes) {
  Split split;
  split.count = integer(value, "count");
  split.images_per_shard = integer(value, "imagesPerShard", 1);
  split.image_bytes = image_bytes;
  split.shards = list(value, "shards", [](const Napi::Value& v) -> const uint8_t* {
    return v.As<Napi::Uint8Array>().Data();
  });
  split.labels = data<uint16_t>(value, "labels");
  return split;
}

Augmentation to_augmentation(const Napi::Value& value) {
  const Napi::Object draws = value.As<Napi::Object>();
  const std::string kind = text(draws, "kind");
  Augmentation augmentation{AugmentationKind::random_crop};
  if (kind == "horizontal-flip") augmentation.kind = AugmentationKind::horizontal_flip;
  if (kind == "vertical-flip") augmentation.kind = AugmentationKind::vertical_flip;
  if (kind == "operations") augmentation.kind = AugmentationKind::operations;
  augmentation.padding = integer(draws, "padding");
  augmentation.reflect = text(draws, "mode") == "reflect";
  augmentation.offsets = data<int32_t>(draws, "offsets");
  augmentation.flips = data<uint8_t>(draws, "flips");
  augmentation.codes = data<uint8_t>(draws, "codes");
  augmentation.width = integer(draws, "width");
  augmentation.parameters = data<double>(draws, "parameters");
  if (kind != "operations") return augmentation;
  augmentation.kernels = list(draws, "names", [](const Napi::Value& v) {
    return pixel_kernel(v.As<Napi::String>().Utf8Value());
  });
  return augmentation;
}

Mix to_mix(const Napi::Value& value) {
  const Napi::Object draws = value.As<Napi::Object>();
  return {data<int32_t>(draws, "partners"), data<double>(draws, "shares"), data<int32_t>(draws, "boxes")};
}

}  // namespace

std::vector<SlotSpec> to_slots(const Napi::Array& value) {
  return list(value, [](const Napi::Value& v) {
    const Napi::Object s = v.As<Napi::Object>();
    return SlotSpec{text(s, "slot"), text(s, "parameter"), shape(s), number(s, "initial")};
  });
}

Program to_program(const Napi::Object& value) {
  Program program;
  const Napi::Object input = object(value, "input");
  program.channels = integer(input, "channels");
  program.height = integer(input, "height");
  program.width = integer(input, "width");
  program.mean = numbers(object(value, "normalization"), "mean");
  program.standard_deviation = numbers(object(value, "normalization"), "standardDeviation");
  std::map<std::string, int> indices{{"input", kInput}};
  list(value, "nodes", [&](const Napi::Value& v) {
    const Napi::Object node = v.As<Napi::Object>();
    program.nodes.push_back(to_node(node, indices));
    indices[program.nodes.back().name] = static_cast<int>(program.nodes.size()) - 1;
    return 0;
  });
  program.output = indices.at(text(value, "output"));
  program.classes = integer(value, "classes");
  program.parameters = list(value, "parameters", [](const Napi::Value& v) {
    const Napi::Object p = v.As<Napi::Object>();
    return ParameterSpec{text(p, "name"), shape(p), static_cast<int>(integer(p, "group"))};
  });
  program.buffers = list(value, "buffers", [](const Napi::Value& v) {
    return BufferSpec{text(v.As<Napi::Object>(), "name"), shape(v.As<Napi::Object>())};
  });
  program.groups = list(value, "groups", [](const Napi::Value& v) {
    const Napi::Object g = v.As<Napi::Object>();
    return ParameterGroup{number(g, "weightDecay"), number(g, "learningRateFactor", 1)};
  });
  program.loss = to_options(object(value, "loss"));
  program.optimizer = to_options(object(value, "optimizer"));
  program.clip = to_clip(value.Get("gradientClip"));
  program.micro_batch = integer(value, "microBatchSize");
  program.weight_average = flag(value, "weightAverage");
  program.lookahead = flag(value, "lookahead");
  program.precision = to_precision(text(value, "precision"));
  return program;
}

SessionOptions to_session_options(const Napi::Object& value) {
  return {at::Device(text(value, "device")), static_cast<int>(integer(value, "threads")), text(value, "momentumOption")};
}

Dataset to_dataset(const Napi::Object& value) {
  const int64_t bytes = integer(value, "height") * integer(value, "width") * integer(value, "channels");
  Dataset dataset;
  const Napi::Object splits = object(value, "splits");
  for (const char* name : {"train", "validation", "test"}) {
    const Napi::Value split = splits.Get(name);
    if (split.IsObject()) dataset.splits[name] = to_split(split.As<Napi::Object>(), bytes);
  }
  return dataset;
}

StepPlan to_plan(const Napi::Object& value) {
  StepPlan plan;
  plan.first_step = integer(value, "firstStep");
  plan.steps = static_cast<int64_t>(object(value, "learningRates").As<Napi::Float64Array>().ElementLength());
  plan.offsets = data<int32_t>(value, "offsets");
  plan.order = data<int32_t>(value, "order");
  plan.rates = data<double>(value, "learningRates");
  plan.momenta = data<double>(value, "momenta");
  plan.dropout_keys = data<uint32_t>(value, "dropoutKeys");
  plan.average_shares = data<double>(value, "averageShares");
  plan.lookahead_shares = data<double>(value, "lookaheadShares");
  plan.statistics_only = flag(value, "statisticsOnly");
  const Napi::Value noise = value.Get("gradientNoise");
  if (noise.IsObject()) {
    plan.noise_keys = data<uint32_t>(noise.As<Napi::Object>(), "keys");
    plan.noise_deviations = data<double>(noise.As<Napi::Object>(), "deviations");
  }
  plan.augmentations = list(value, "augmentation", to_augmentation);
  plan.mixes = list(value, "mixing", to_mix);
  return plan;
}

EvaluationRequest to_evaluation_request(const Napi::Object& value) {
  return {text(value, "split"), data<int32_t>(value, "indices"), integer(value, "count"), integer(value, "topK"),
          integer(value, "batchSize")};
}

LogitsRequest to_logits_request(const Napi::Object& value) {
  return {text(value, "split"), data<uint8_t>(value, "images"), data<int32_t>(value, "indices"),
          integer(value, "count"), integer(value, "batchSize"), list(value, "augmentation", to_augmentation)};
}

}  // namespace ravine
