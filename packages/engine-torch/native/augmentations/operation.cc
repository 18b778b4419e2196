#include "augmentations/operation.h"

#include <map>

#include "errors.h"

namespace ravine {

PixelKernel pixel_kernel(const std::string& name) {
  static const std::map<std::string, PixelKernel> kernels{
      {"affine", affine},          {"autocontrast", autocontrast},
      {"blur", blur},              {"brightness", brightness},
      {"contrast", contrast},      {"equalize", equalize},
      {"erase", erase},            {"grayscale", grayscale},
      {"hue", hue},                {"invert", invert},
      {"posterize", posterize},    {"saturation", saturation},
      {"sharpness", sharpness},    {"solarize", solarize},
  };
  const auto found = kernels.find(name);
  if (found == kernels.end()) throw unsupported("pixel operation " + name + " is not known to this engine");
  return found->second;
}

}  // namespace ravine
