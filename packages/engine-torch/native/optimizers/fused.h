// Runs a rule over every element of every parameter: one loop per chunk on the CPU, tensor operations elsewhere.
#pragma once

#include <array>
#include <optional>
#include <type_traits>
#include <utility>

#include "algebra.h"
#include "gradient_values.h"
#include "group_decay.h"
#include "optimizer.h"
#include "parallel_chunks.h"
#include "widest.h"

namespace ravine {

/// Names of the slots that a rule reads and writes, in the order in which it sees them.
template <size_t K>
using SlotNames = std::array<const char*, K>;

namespace detail {

template <class T, class G, size_t K, class Rule>
void run_loop(T* __restrict masters, const G* __restrict gradients, std::array<T*, K> slots, int64_t count, T scale,
              T l2, T keep, Rule rule) {
  for (int64_t i = 0; i < count; ++i) {
    const T gradient = to_number(gradients[i]) * scale + l2 * masters[i];
    T parameter = masters[i] * keep;
    std::array<T, K> state;
    for (size_t k = 0; k < K; ++k) state[k] = slots[k][i];
    rule(parameter, gradient, state);
    masters[i] = parameter;
    for (size_t k = 0; k < K; ++k) slots[k][i] = state[k];
  }
}

template <class MakeRule, class T>
auto rule_for(const MakeRule& make_rule, T type, const GroupRates& rates, const Parameter& parameter) {
  if constexpr (std::is_invocable_v<MakeRule, T, GroupRates, const Parameter&>) {
    return make_rule(type, rates, parameter);
  } else {
    return make_rule(type, rates);
  }
}

template <class T, size_t K, class MakeRule>
void update_on_cpu(ParameterStore& store, const Setup& setup, const UpdateStep& step, const SlotNames<K>& names,
                   const MakeRule& make_rule) {
  using Rule = decltype(rule_for(make_rule, T(), std::declval<GroupRates>(), std::declval<const Parameter&>()));
  std::vector<std::optional<Rule>> rules;  // of each parameter; none: it is not trained
  std::vector<GroupDecay> decays;
  for (const Parameter& p : store.parameters()) {
    decays.emplace_back(setup.groups[p.group], setup.decay, step.rate);
    rules.emplace_back();
    if (!is_frozen(setup.groups[p.group])) rules.back().emplace(rule_for(make_rule, T(), decays.back().rates, p));
  }
  T* masters = store.masters().template data_ptr<T>();
  Bits16* copies = store.copies().defined() ? elements<Bits16>(store.copies()) : nullptr;
  std::array<T*, K> slots;
  for (size_t k = 0; k < K; ++k) slots[k] = store.slot(names[k]).template data_ptr<T>();
  const T scale = static_cast<T>(step.gradient_scale);

  for_each_chunk(chunks_of(store.parameters()), [&](const Chunk& chunk, int64_t) {
    const Parameter& p = *chunk.parameter;
    const size_t place = chunk.parameter - store.parameters().data();
    if (!rules[place]) return;
    const int64_t at = p.offset + chunk.begin, count = chunk.end - chunk.begin;
    std::array<T*, K> here;
    for (size_t k = 0; k < K; ++k) here[k] = slots[k] + at;
    const GroupDecay& decay = decays[place];
    with_gradient<T>(p, [&](const auto* gradients) {
      const auto loop = [](auto... arguments) { run_loop(arguments...); };
      on_widest(loop, masters + at, gradients + chunk.begin, here, count, scale,
                static_cast<T>(decay.l2), static_cast<T>(decay.keep), *rules[place]);
    });
    if constexpr (std::is_same_v<T, float>) {
      // By itself and not in the rule's loop, of which there are many: the values are still in the cache.
      const auto round = [](const float* __restrict values, Bits16* __restrict target, int64_t n) {
        for (int64_t i = 0; i < n; ++i) ravine::store(target + i, values[i]);
      };
      if (copies != nullptr) on_widest(round, masters + at, copies + at, count);
    }
  });
}

template <size_t K, class MakeRule>
void update_on_device(ParameterStore& store, const Setup& setup, const UpdateStep& step, const SlotNames<K>& names,
                      const MakeRule& make_rule) {
  for (const Parameter& p : store.parameters()) {
    if (is_frozen(setup.groups[p.group])) continue;
    const GroupDecay decay(setup.groups[p.group], setup.decay, step.rate);
    const auto rule = rule_for(make_rule, double(), decay.rates, p);
    at::Tensor parameter = decay.keep == 1 ? p.master : p.master * decay.keep;
    at::Tensor gradient = p.gradient.to(p.master.scalar_type()) * step.gradient_scale;
    if (decay.l2 != 0) gradient = gradient + p.master * decay.l2;
    std::array<at::Tensor, K> state;
    for (size_t k = 0; k < K; ++k) state[k] = store.slot(names[k], p);
    rule(parameter, gradient, state);
    for (size_t k = 0; k < K; ++k) store.slot(names[k], p).copy_(state[k]);
    p.master.copy_(parameter);
  }
  if (store.copies().defined()) store.copies().copy_(store.masters());
}

}  // namespace detail

/// `make_rule(number type, rates)` or `make_rule(number type, rates, parameter)` returns the rule with its constants in
/// that type; the rule is `(parameter&, gradient, slots&)` over numbers or tensors.
template <size_t K, class MakeRule>
void apply_rule(ParameterStore& store, const Setup& setup, const UpdateStep& step, const SlotNames<K>& names,
                const MakeRule& make_rule) {
  if (!store.masters().is_cpu()) return detail::update_on_device(store, setup, step, names, make_rule);
  if (store.masters().scalar_type() == at::kDouble) {
    return detail::update_on_cpu<double>(store, setup, step, names, make_rule);
  }
  return detail::update_on_cpu<float>(store, setup, step, names, make_rule);
}

}  // namespace ravine
