#include "tools/convert/picture_rules.h"

#include <initializer_list>
#include <optional>
#include <utility>

#include "tools/convert/json_file.h"

namespace linnet::convert {
namespace {

using model::Pictures;
using model::Resample;
using model::Resize;

// Who wrote the file; that pictures of other kinds become red, green and blue, as all of ours do.
constexpr std::string_view kPictureHarmless[]{
    "processor_class", "_processor_class", "_valid_processor_keys",
    "do_convert_rgb",  "data_format",      "input_data_format",
    "device",          "return_tensors",   "disable_grouping"};

// The numbers of Pillow.
Resample resample_of(Config& rules) {
  switch (rules.integer("resample", 2)) {
    case 0:
      return Resample::nearest;
    case 1:
      return Resample::lanczos;
    case 2:
      return Resample::bilinear;
    case 3:
      return Resample::bicubic;
    default:
      rules.refuse("resample", "is none of 0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic)");
      return Resample::bilinear;
  }
}

// A number for both sides, both in a list, or an object with height and width.
std::pair<int, int> square_or_sides(Config& rules, std::string_view name, int otherwise) {
  if (!rules.has(name) || rules.is_integer(name)) {
    const int side = rules.count(name, otherwise);
    return {side, side};
  }
  if (rules.is_list(name)) {
    const std::vector<std::int32_t> sides = rules.ids(name);
    if (sides.size() == 2 && sides[0] > 0 && sides[1] > 0) return {sides[0], sides[1]};
    rules.refuse(name, "must have two sides if it is a list");
    return {otherwise, otherwise};
  }
  std::optional<Config> size = rules.section(name);
  if (!size) return {otherwise, otherwise};
  return {size->count("height"), size->count("width")};
}

// `square`: a single number stands for both sides, otherwise for the shorter one.
void read_size(Config& rules, bool square, Pictures& p) {
  p.resize = Resize::shortest;
  if (rules.is_integer("size") && !square) {
    p.resize_height = rules.count("size");
    return;
  }
  if (rules.has("size") && !rules.is_integer("size") && !rules.is_list("size"))
    if (std::optional<Config> size = rules.section("size"); size && size->has("shortest_edge")) {
      p.resize_height = size->count("shortest_edge");
      return;
    }
  p.resize = Resize::exact;
  std::tie(p.resize_height, p.resize_width) = square_or_sides(rules, "size", p.height);
}

// What a file leaves out is what its image processor does by itself; only that of ViT is known.
void need_all(Config& rules, const std::string& type, std::initializer_list<const char*> names) {
  if (type.empty() || type.starts_with("ViT")) return;
  for (const char* name : names)
    if (!rules.has(name))
      rules.refuse(name, core::say("is missing, and only ViT's image processor is known well ",
                                   "enough to do without"));
}

std::vector<float> by_channel(Config& rules, std::string_view name, bool wanted, int channels,
                              float otherwise, float unchanged) {
  const std::vector<double> given = rules.numbers(name);
  const auto count = static_cast<std::size_t>(channels);
  if (!wanted) return std::vector<float>(count, unchanged);
  if (given.empty()) return std::vector<float>(count, otherwise);
  return {given.begin(), given.end()};
}

}  // namespace

void read_picture_rules(Config& config, const std::string& folder, Pictures& p) {
  const std::string path = folder + "/preprocessor_config.json";
  core::Result<Json> json = read_json(path);
  if (!json) return config.fail(json.error());
  Config rules(std::move(*json), path, config.ignored());
  rules.harmless(kPictureHarmless);
  const std::string older = rules.text("feature_extractor_type", ""),
                    type = rules.text("image_processor_type", older);
  need_all(rules, type, {"size", "resample", "do_center_crop", "image_mean", "image_std"});
  rules.only("do_pad", false);
  const bool resized = rules.flag("do_resize", true), scaled = rules.flag("do_rescale", true),
             normed = rules.flag("do_normalize", true);
  read_size(rules, rules.flag("default_to_square", !type.starts_with("CLIP")), p);
  p.resample = resample_of(rules);
  if (!resized) {
    p.resize = Resize::none;
    p.resize_height = p.resize_width = 0;
  }
  p.crop = rules.flag("do_center_crop", false);
  const auto crop = square_or_sides(rules, "crop_size", p.height);
  if (p.crop && crop != std::pair(p.height, p.width))
    rules.refuse("crop_size", core::say("is not the size that the model reads, ", p.height));
  const double factor = rules.number("rescale_factor", 1.0 / 255);
  p.rescale = scaled ? factor : 1.0;
  p.mean = by_channel(rules, "image_mean", normed, p.channels, 0.5f, 0.0f);
  p.deviation = by_channel(rules, "image_std", normed, p.channels, 0.5f, 1.0f);
  if (const core::Status fine = rules.finish(); !fine) config.fail(fine.error());
}

}  // namespace linnet::convert
