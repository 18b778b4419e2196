// What a parameter group means for one step.
#pragma once

#include "optimizer.h"

namespace ravine {

/// Whether the group's parameters and slots stay as they are, whatever a rule makes of a learning rate of 0.
inline bool is_frozen(const ParameterGroup& group) { return group.rate_factor == 0; }

/// Rates of one parameter group at one step.
struct GroupRates {
  double learning_rate;
  double weight_decay;  // 0 but where the rule applies it by itself
};

/// A group's weight decay as numbers of the loop: g ← g + l2 θ, then θ ← keep θ; and what the rule gets.
struct GroupDecay {
  double l2 = 0;
  double keep = 1;
  GroupRates rates;

  GroupDecay(const ParameterGroup& group, Decay decay, double rate) : rates{rate * group.rate_factor, 0} {
    if (decay == Decay::l2) l2 = group.weight_decay;
    if (decay == Decay::decoupled) keep = 1 - rates.learning_rate * group.weight_decay;
    if (decay == Decay::rule) rates.weight_decay = group.weight_decay;
  }
};

}  // namespace ravine
