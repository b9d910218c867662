#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "engine/model/resample.h"

namespace linnet::model {

enum class NormKind { layer, rms };

// Where the norm of a residual branch f stands:
//   before  x + f(norm(x))            GPT-2, Llama
//   after   norm(x + f(x))            Vaswani et al. (2017), BERT
//   both    x + norm'(f(norm(x)))     Gemma 2
enum class NormPlace { before, after, both };

enum class Position { none, learned, sinusoid, rotary, relative_bias, linear_bias };

// Where the sines and cosines of a position stand: s c s c ... as in Vaswani et al. (2017), or all
// sines and then all cosines, as in tensor2tensor.
enum class SinusoidLayout { interleaved, halves };

enum class Activation { relu, gelu, gelu_tanh, silu, tanh };

// Which encoder layer a decoder layer's cross attention reads.
enum class CrossMemory { last, same, reversed, weighted };

enum class Head { none, logits };

// Which hidden states stand for a sequence.
enum class Pooling { first, mean, last };
// What is told apart: sequences, tokens, or where a span begins and ends (two classes of tokens).
enum class Classes { none, sequence, tokens, spans };

// Rotary position embedding (Su et al., 2021). Position p turns pair i by p * frequencies[i]; a
// family's base and scaling rule are folded into the frequencies when it is converted.
struct Rotary {
  bool interleaved = false;        // pairs (2 i, 2 i + 1); otherwise (i, i + pairs)
  std::vector<float> frequencies;  // one per pair, at most d_head / 2, in radians per position
  float magnitude = 1.0f;          // factor of cosines and sines (YaRN)
};

// One stack of equal layers. No layers: there is no such stack.
struct Stack {
  int layers = 0;
  int d_model = 0, d_ff = 0;
  int heads = 0, kv_heads = 0, d_head = 0;  // kv_heads divides heads (Ainslie et al., 2023)

  NormKind norm = NormKind::layer;
  NormPlace place = NormPlace::before;
  float norm_eps = 1e-5f;
  bool norm_bias = true;    // of layer norms
  bool embed_norm = false;  // a norm right after the embeddings
  bool first_norm = true;   // the first layer norms what attention reads (ModernBERT: it does not)
  bool final_norm = true;   // a norm after the last layer
  bool query_key_norm = false;  // each head's queries and keys are normed (RMS) before attention
  bool parallel = false;        // x + attention(norm(x)) + ffn(norm'(x)), as in GPT-NeoX; no cross
  bool shared_layers = false;   // every layer uses the weights of layer 0, as in ALBERT

  Position position = Position::none;
  int positions = 0;       // rows of a learned table; else the longest context it was trained for
  int position_start = 0;  // number of the first position (learned, sinusoid)
  SinusoidLayout sinusoid_layout = SinusoidLayout::interleaved;
  Rotary rotary;
  // Of the layers that see a window, where these turn otherwise (Gemma 3): as many frequencies as
  // the others have, and the same pairs. No frequencies: the same rotary.
  Rotary window_rotary = {};
  // Sinusoid (Vaswani et al., 2017, section 3.5): one per pair, exactly d_model / 2, in radians per
  // position. Families differ in them: 10000^(-2 i / d_model) in the paper.
  std::vector<float> sinusoid_frequencies = {};
  // T5's bias (Raffel et al., 2020), which MPNet has beside learned positions.
  int relative_buckets = 0, relative_distance = 0;
  // One slope per head: slope * (key position - query position) is added to its scores (Press et
  // al., 2022), after the scale.
  std::vector<float> linear_bias = {};

  float attention_scale = 0.0f;     // factor of the scores; 0: 1 / sqrt(d_head)
  float attention_soft_cap = 0.0f;  // cap * tanh(score / cap); 0: none
  // Keys that a query sees, itself included; in an encoder as many as window / 2 on either side of
  // itself. 0: all.
  int window = 0;
  int window_period = 1;      // every window_period-th layer sees all (1: none does),
  bool window_after = false;  // the first of each so many layers, and not the last

  Activation activation = Activation::gelu;
  bool gated = false;  // f(gate x) * up x (Shazeer, 2020)
  bool qkv_bias = true, out_bias = true, ffn_bias = true;

  bool cross = false;  // decoder layers attend to the encoder
  CrossMemory cross_memory = CrossMemory::last;
  // Whose cross attention says which source position a target token stands for: the mean of the
  // first heads of one layer. Some models are trained so that a certain head knows.
  int alignment_layer = 0;  // from 1; 0: the last
  int alignment_heads = 0;  // 0: all

  // The positions of the longest sequence that it was made for: a learned table has rows before the
  // first position.
  int longest() const {
    return position == Position::learned ? positions - position_start : positions;
  }
  // Whether it has a table of relative positions, and whether anything is added to its scores.
  bool relative() const {
    return position == Position::relative_bias ||
           (position == Position::learned && relative_buckets > 0);
  }
  bool biased() const { return relative() || position == Position::linear_bias; }
};

// What stands around the tokens of a source and of its target in an encoder-decoder. All are ids.
struct Sequences {
  std::vector<std::int32_t> source_begin, source_end;  // put around every source
  std::vector<std::int32_t> start;                     // the decoder's first inputs; at least one
  std::vector<std::int32_t> ends;                      // any of them ends a target; at least one
  std::vector<std::int32_t> forced_first;  // the target's first tokens, whatever their logits
  std::vector<std::int32_t> suppressed;    // never in a target
};

// What an encoder alone reads in place of tokens: a vector for each place of a sequence.
struct Vectors {
  int width = 0;         // numbers of one; 0: it reads tokens
  bool project = false;  // W x + b makes them as wide as the model; otherwise they are so already
  bool first = false;    // a learned vector stands in front of every sequence (the class token)
};

// Rows and columns of the squares that a picture is cut into.
struct Grid {
  int rows = 0, columns = 0;

  int count() const { return rows * columns; }
  bool operator==(const Grid&) const = default;
};

// How a file's picture gets the size that the model reads: not at all, whatever its shape, or so
// that its shorter side has a given length.
enum class Resize { none, exact, shortest };

// What an encoder alone reads where its vectors are pictures, cut into squares (Dosovitskiy et al.,
// 2021): the vector of a square is [channels, patch, patch].
struct Pictures {
  int patch = 0;              // pixels; 0: its vectors are no pictures
  int channels = 3;           // red, green, blue
  int height = 0, width = 0;  // pixels, of those that it was made for; multiples of patch

  Resize resize = Resize::exact;
  int resize_height = 0, resize_width = 0;  // pixels; of Resize::shortest the first for either
  bool crop = false;                        // cut out the middle, height x width
  Resample resample = Resample::bilinear;
  double rescale = 1.0;                          // of values from 0 to 255, before
  std::vector<float> mean = {}, deviation = {};  // (value - mean) / deviation, by channel

  Grid grid() const { return patch > 0 ? Grid{height / patch, width / patch} : Grid{}; }
};

// What an encoder alone makes of its hidden states (Devlin et al., 2019). What is pooled goes
// through the pooler, where there is one, and then to the classes.
struct Reading {
  Pooling pooling = Pooling::first;
  bool unit_length = false;  // pooled states are meant to be scaled to length 1
  bool pooler = false;       // norm(f(W x + b))
  Activation pooler_activation = Activation::tanh;
  bool pooler_bias = true, pooler_norm = false;
  Classes classes = Classes::none;
  int class_count = 0;
  bool class_bias = true;
  std::vector<std::string> labels = {};  // of the classes, or none
  bool transform = false;                // norm(f(W x + b)) before the head, as wide as embeddings
  Activation transform_activation = Activation::gelu;
  bool transform_bias = true;
};

// What a Transformer is, in full. The engine runs a Spec and asks no other question: `family` is
// for people, and nothing branches on it.
struct Spec {
  std::string family;

  int vocab = 0;         // of the decoder, or of the only stack; 0: it reads vectors
  int source_vocab = 0;  // of the encoder, if its embedding is another one; 0: the same
  int token_types = 0;
  int embed_width = 0;       // of embeddings that are projected to d_model; 0: d_model
  float embed_scale = 1.0f;  // factor of the token embeddings

  Stack encoder, decoder;

  Sequences sequences = {};  // of an encoder-decoder
  Vectors vectors = {};      // of an encoder alone
  Pictures pictures = {};    // the same
  Reading reading = {};      // the same

  bool reads() const { return decoder.layers == 0; }
  const Stack& main() const { return reads() ? encoder : decoder; }
  // Of the embeddings of the main stack.
  int width() const { return embed_width > 0 ? embed_width : main().d_model; }

  Head head = Head::logits;
  bool tied_head = false;  // the head is the (decoder's) token embedding
  bool head_bias = false;
  float logit_scale = 1.0f;
  float logit_soft_cap = 0.0f;
};

// Every number in its range and every pair of numbers consistent; the sentence names the setting.
core::Status check(const Spec& spec);

// What this build cannot run yet, as an Error of Fault::unsupported that names it.
core::Status check_runnable(const Spec& spec);

}  // namespace linnet::model
