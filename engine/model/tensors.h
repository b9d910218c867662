#pragma once

#include <functional>
#include <string>

#include "engine/model/spec.h"

namespace linnet::model {

// A tensor that a Spec implies. A vector (norm gain, bias) has out == 1 and `in` values; it is
// always f32. A matrix is [out, in] and stored in panels.
struct TensorShape {
  std::string name;
  int out, in;
  bool vector;
  bool quantizable;  // a weight of a linear layer or an embedding of tokens
};

// Visits every tensor of the model, embedding first and head last: the one list of names and
// shapes, by which the reader binds, the converter checks, `info` prints and tests invent models.
//
//   embed.tokens.weight [vocab, width]          embed.source.weight, embed.types.weight
//   embed.project.{weight,bias}                  where embeddings have a width of their own
//   vectors.project.{weight,bias}                in place of these where vectors are read, and
//   vectors.first [d_model]                      the one in front of them
//   <stack>.positions.weight [positions, d_model], <stack>.embed_norm.{gain,bias}
//   <stack>.<layer>.self_norm.{gain,bias}        the norm beside self attention
//   <stack>.<layer>.self.{query,key,value,out}.{weight,bias}
//   <stack>.<layer>.self.{query_norm,key_norm}.gain
//   <stack>.<layer>.self_post_norm.{gain,bias}   the second norm of NormPlace::both
//   <stack>.<layer>.cross_norm…, cross.…         the same for cross attention
//   <stack>.<layer>.ffn_norm…, ffn.{gate,up,down}.{weight,bias}, ffn_post_norm…
//   <stack>.norm.{gain,bias}, <stack>.relative.weight [heads, buckets]
//   decoder.cross_mix.weight [layers, encoder layers]
//   pooler.{weight,bias}, pooler_norm.{gain,bias}, classes.{weight,bias}, of an encoder alone
//   head_transform.{weight,bias}, head_norm.{gain,bias}
//   head.weight [vocab, width], head.bias
// where <stack> is "encoder" or "decoder". With shared layers only layer 0 has tensors.
void for_each_tensor(const Spec& spec, const std::function<void(const TensorShape&)>& visit);

}  // namespace linnet::model
