#pragma once

#include <limits>
#include <string>
#include <vector>

#include "tests/support/corpus.h"
#include "tests/support/tiny_writer.h"

// Lies about the network, told to a whole model: the container is sound, what it says is not. Found
// by Model::open.
namespace linnet::support {

inline Image whole_model() { return image_of(tiny_writer()); }

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinite = std::numeric_limits<double>::infinity();

// Gives a setting an integer.
inline void set(Image& f, const char* name, std::int64_t value) { f.set(name, value); }

// Gives a setting a number that is no integer.
inline void set_real(Image& f, const char* name, double value) { f.set(name, value); }

// Changes number i of a list.
template <class T>
void set_one(Image& f, const char* name, std::size_t i, T value) {
  f.setting(name).value.replace(i * sizeof(T), sizeof(T), reinterpret_cast<const char*>(&value),
                                sizeof(T));
}

inline void erase_tensor(Image& f, std::string_view name) {
  std::erase_if(f.tensors, [&](const Image::Tensor& t) { return t.name == name; });
}

inline const std::vector<Case> kSizeCases = {
    {"no settings", [](Image& f) { f.settings.clear(); }, core::Fault::corrupt, "'vocab' is 0"},
    {"heads 0", [](Image& f) { set(f, "decoder.heads", 0); }, core::Fault::corrupt,
     "'decoder.heads' is 0 and must lie between 1 and 1024"},
    {"heads -1", [](Image& f) { set(f, "decoder.heads", -1); }, core::Fault::corrupt,
     "'decoder.heads' is -1, which is out of range"},
    {"heads 1025", [](Image& f) { set(f, "decoder.heads", 1025); }, core::Fault::corrupt,
     "'decoder.heads' is 1025"},
    {"kv_heads 0", [](Image& f) { set(f, "decoder.kv_heads", 0); }, core::Fault::corrupt,
     "'decoder.kv_heads' is 0"},
    {"kv_heads 3 of 4", [](Image& f) { set(f, "decoder.kv_heads", 3); }, core::Fault::corrupt,
     "'decoder.kv_heads' is 3 and does not divide 'decoder.heads', which is 4"},
    {"kv_heads 8 of 4", [](Image& f) { set(f, "decoder.kv_heads", 8); }, core::Fault::corrupt,
     "'decoder.kv_heads' is 8 and does not divide"},
    {"d_head 0", [](Image& f) { set(f, "decoder.d_head", 0); }, core::Fault::corrupt,
     "'decoder.d_head' is 0"},
    {"d_head 513", [](Image& f) { set(f, "decoder.d_head", 513); }, core::Fault::corrupt,
     "'decoder.d_head' is 513 and must lie between 1 and 512"},
    {"d_head 2^63 - 1",
     [](Image& f) { set(f, "decoder.d_head", std::numeric_limits<std::int64_t>::max()); },
     core::Fault::corrupt, "'decoder.d_head' is 9223372036854775807, which is out of range"},
    {"heads that are too wide together",
     [](Image& f) {
       set(f, "decoder.heads", 1024);
       set(f, "decoder.kv_heads", 1024);
       set(f, "decoder.d_head", 512);
     },
     core::Fault::corrupt, "'decoder.heads * d_head' is 524288"},
    {"layers 0", [](Image& f) { set(f, "decoder.layers", 0); }, core::Fault::corrupt,
     "'encoder.layers' and 'decoder.layers' are both 0"},
    {"layers 1025", [](Image& f) { set(f, "decoder.layers", 1025); }, core::Fault::corrupt,
     "'decoder.layers' is 1025 and must lie between 0 and 1024"},
    {"layers 1024 with the tensors of 2", [](Image& f) { set(f, "decoder.layers", 1024); },
     core::Fault::corrupt, "the tensor 'decoder.2."},
    {"vocabulary 0", [](Image& f) { set(f, "vocab", 0); }, core::Fault::corrupt, "'vocab' is 0"},
    {"vocabulary 2^20 + 1", [](Image& f) { set(f, "vocab", (1 << 20) + 1); }, core::Fault::corrupt,
     "'vocab' is 1048577 and must lie between 1 and 1048576"},
    {"vocabulary 2^20 with 288 rows", [](Image& f) { set(f, "vocab", 1 << 20); },
     core::Fault::corrupt, "is 288 x 48 and the settings ask for 1048576 x 48"},
    {"context 0", [](Image& f) { set(f, "decoder.positions", 0); }, core::Fault::corrupt,
     "'decoder.positions' is 0"},
    {"context 2^20 + 1", [](Image& f) { set(f, "decoder.positions", (1 << 20) + 1); },
     core::Fault::corrupt, "'decoder.positions' is 1048577"},
    {"d_model 0", [](Image& f) { set(f, "decoder.d_model", 0); }, core::Fault::corrupt,
     "'decoder.d_model' is 0"},
    {"d_model 65537", [](Image& f) { set(f, "decoder.d_model", 65537); }, core::Fault::corrupt,
     "'decoder.d_model' is 65537"},
    {"d_model that is right in its low half",
     [](Image& f) { set(f, "decoder.d_model", (std::int64_t{1} << 32) + 48); },
     core::Fault::corrupt, "'decoder.d_model' is 4294967344, which is out of range"},
    {"d_ff 0", [](Image& f) { set(f, "decoder.d_ff", 0); }, core::Fault::corrupt,
     "'decoder.d_ff' is 0"},
    {"d_ff 2^18 + 1", [](Image& f) { set(f, "decoder.d_ff", (1 << 18) + 1); }, core::Fault::corrupt,
     "'decoder.d_ff' is 262145"},
    {"window -1", [](Image& f) { set(f, "decoder.window", -1); }, core::Fault::corrupt,
     "'decoder.window' is -1"},
    {"window period 0", [](Image& f) { set(f, "decoder.window_period", 0); }, core::Fault::corrupt,
     "'decoder.window_period' is 0"},
    {"an encoder without width", [](Image& f) { set(f, "encoder.layers", 1); },
     core::Fault::corrupt, "'encoder.d_model' is 0"},
    {"cross attention to nobody", [](Image& f) { set(f, "decoder.cross", 1); },
     core::Fault::corrupt, "'decoder.cross' asks for an encoder"},
    {"what no build runs yet", [](Image& f) { f.set("head", std::string_view("none")); },
     core::Fault::unsupported, "this version does not run decoders without a vocabulary head"},
};

inline const std::vector<Case> kNumberCases = {
    {"eps 0", [](Image& f) { set_real(f, "decoder.norm_eps", 0); }, core::Fault::corrupt,
     "'decoder.norm_eps' is 0 and must lie between 0 and 1"},
    {"eps that rounds to 0", [](Image& f) { set_real(f, "decoder.norm_eps", 1e-60); },
     core::Fault::corrupt, "'decoder.norm_eps' is 0"},
    {"eps negative", [](Image& f) { set_real(f, "decoder.norm_eps", -1e-5); }, core::Fault::corrupt,
     "'decoder.norm_eps' is -1e-05"},
    {"eps 1", [](Image& f) { set_real(f, "decoder.norm_eps", 1); }, core::Fault::corrupt,
     "'decoder.norm_eps' is 1"},
    {"eps NaN", [](Image& f) { set_real(f, "decoder.norm_eps", kNan); }, core::Fault::corrupt,
     "'decoder.norm_eps' is not a finite number"},
    {"eps infinite", [](Image& f) { set_real(f, "decoder.norm_eps", kInfinite); },
     core::Fault::corrupt, "'decoder.norm_eps' is not a finite number"},
    {"scale beyond float", [](Image& f) { set_real(f, "embed_scale", 1e300); },
     core::Fault::corrupt, "'embed_scale' is not a finite number"},
    {"cap negative", [](Image& f) { set_real(f, "logit_soft_cap", -1); }, core::Fault::corrupt,
     "'logit_soft_cap' must not be negative"},
    {"attention scale negative", [](Image& f) { set_real(f, "decoder.attention_scale", -1); },
     core::Fault::corrupt, "must not be negative"},
    {"frequency NaN",
     [](Image& f) { set_one(f, "decoder.rotary_frequencies", 1, static_cast<float>(kNan)); },
     core::Fault::corrupt, "'decoder.rotary_frequencies' holds a value that is not a finite"},
    {"frequency infinite",
     [](Image& f) { set_one(f, "decoder.rotary_frequencies", 0, static_cast<float>(kInfinite)); },
     core::Fault::corrupt, "'decoder.rotary_frequencies' holds a value that is not a finite"},
    {"frequency negative", [](Image& f) { set_one(f, "decoder.rotary_frequencies", 5, -0.5f); },
     core::Fault::corrupt, "'decoder.rotary_frequencies' holds -0.5, which is out of range"},
    {"frequency 17", [](Image& f) { set_one(f, "decoder.rotary_frequencies", 5, 17.0f); },
     core::Fault::corrupt, "'decoder.rotary_frequencies' holds 17"},
    {"no frequencies", [](Image& f) { f.setting("decoder.rotary_frequencies").value.clear(); },
     core::Fault::corrupt, "'decoder.rotary_frequencies' has 0 values for heads of 12"},
    {"more frequencies than pairs",
     [](Image& f) { put(f.setting("decoder.rotary_frequencies").value, 1.0f); },
     core::Fault::corrupt, "'decoder.rotary_frequencies' has 7 values for heads of 12"},
    {"frequencies cut in a number",
     [](Image& f) { f.setting("decoder.rotary_frequencies").value.resize(23); },
     core::Fault::corrupt, "'decoder.rotary_frequencies' cannot be 23 bytes long"},
    {"magnitude 0", [](Image& f) { set_real(f, "decoder.rotary_magnitude", 0); },
     core::Fault::corrupt, "'decoder.rotary_magnitude' must be positive"},

    {"an integer where a number is wanted", [](Image& f) { set(f, "decoder.norm_eps", 0); },
     core::Fault::corrupt, "'decoder.norm_eps' has the wrong type"},
    {"a number where an integer is wanted", [](Image& f) { set_real(f, "vocab", 288); },
     core::Fault::corrupt, "'vocab' has the wrong type"},
    {"text where an integer is wanted",
     [](Image& f) { f.set("decoder.heads", std::string_view("4")); }, core::Fault::corrupt,
     "'decoder.heads' has the wrong type"},
    {"an integer where text is wanted", [](Image& f) { set(f, "decoder.norm", 1); },
     core::Fault::corrupt, "'decoder.norm' has the wrong type"},
    {"integers where floats are wanted",
     [](Image& f) { f.setting("decoder.rotary_frequencies").type = 4; }, core::Fault::corrupt,
     "'decoder.rotary_frequencies' has the wrong type"},
    {"a truth value of 2", [](Image& f) { set(f, "tied_head", 2); }, core::Fault::corrupt,
     "'tied_head' is 2 and must be 0 or 1"},
    {"an unknown word", [](Image& f) { f.set("decoder.norm", std::string_view("batch")); },
     core::Fault::corrupt, "'decoder.norm' is 'batch', which this version does not know"},
};

inline const std::vector<Case> kShapeCases = {
    {"no tensors", [](Image& f) { f.tensors.clear(); }, core::Fault::corrupt,
     "the tensor 'embed.tokens.weight' is missing"},
    {"a tensor missing", [](Image& f) { erase_tensor(f, "decoder.1.ffn.up.weight"); },
     core::Fault::corrupt, "the tensor 'decoder.1.ffn.up.weight' is missing"},
    {"a tensor too many",
     [](Image& f) {
       f.tensors.push_back({"stranger", 1, 0, 1, 1, std::string(4, '\0')});
     },
     core::Fault::corrupt, "the tensor 'stranger' is not one that the settings ask for"},
    {"a tensor of another name", [](Image& f) { f.tensor("decoder.norm.gain").name = "stranger"; },
     core::Fault::corrupt, "the tensor 'decoder.norm.gain' is missing"},
    {"a head that is there and tied", [](Image& f) { set(f, "tied_head", 1); },
     core::Fault::corrupt, "the tensor 'head.weight' is not one that the settings ask for"},
    {"a bias that is not there", [](Image& f) { set(f, "head_bias", 1); }, core::Fault::corrupt,
     "the tensor 'head.bias' is missing"},
    {"settings of another width", [](Image& f) { set(f, "decoder.d_ff", 171); },
     core::Fault::corrupt,
     "the tensor 'decoder.0.ffn.gate.weight' is 172 x 48 and the settings ask for 171 x 48"},
    {"settings of fewer heads", [](Image& f) { set(f, "decoder.kv_heads", 1); },
     core::Fault::corrupt,
     "the tensor 'decoder.0.self.key.weight' is 24 x 48 and the settings ask for 12 x 48"},
    // The same panels, so the length of its data is right.
    {"a row less", [](Image& f) { f.tensor("embed.tokens.weight").out = 287; },
     core::Fault::corrupt, "is 287 x 48 and the settings ask for 288 x 48"},
    {"a column less", [](Image& f) { f.tensor("decoder.1.self.out.weight").in = 47; },
     core::Fault::corrupt, "is 48 x 47 and the settings ask for 48 x 48"},
    {"a matrix in the place of a vector",
     [](Image& f) {
       Image::Tensor& t = f.tensor("decoder.norm.gain");
       t.rank = 2;
       t.data.resize(64 * 48);
     },
     core::Fault::corrupt,
     "the tensor 'decoder.norm.gain' is a matrix and the settings ask for a vector"},
    {"a vector in the place of a matrix",
     [](Image& f) {
       f.tensor("head.weight") = {"head.weight", 1, 0, 1, 48, std::string(4 * 48, '\0')};
     },
     core::Fault::corrupt,
     "the tensor 'head.weight' is a vector and the settings ask for a matrix"},
    {"a gain of half precision",
     [](Image& f) {
       Image::Tensor& t = f.tensor("decoder.norm.gain");
       t.dtype = 1;
       t.data.resize(2 * 48);
     },
     core::Fault::corrupt, "'decoder.norm.gain' is a vector, but not one row of f32"},
};

}  // namespace linnet::support
