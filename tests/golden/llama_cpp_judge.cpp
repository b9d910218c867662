// What llama.cpp itself makes of a GGUF file, for make_gguf_golden.py and make_gguf_families.py,
// which compile this:
//
//   quantize IN OUT f16|q4_0|...   its own quantizer, every matrix of the same type
//   generate MODEL COUNT ID...     the greedy tokens after these, the logit of each and the second
//                                  best
//   logits MODEL ID...             those of every position, a line each
//   embed MODEL ID...              the pooled state, in a line
//   tokens MODEL                   the ids of each line of standard input
//   blocks IN OUT                  rows of 256 floats in each type that has blocks, and back
#include <ggml.h>
#include <llama.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string& what) {
  std::cerr << what << "\n";
  std::exit(1);
}

int quantize(const char* in, const char* out, const std::string& type) {
  llama_model_quantize_params params = llama_model_quantize_default_params();
  params.nthread = 1;
  params.pure = true;
  params.ftype = type == "f16"    ? LLAMA_FTYPE_MOSTLY_F16
                 : type == "q8_0" ? LLAMA_FTYPE_MOSTLY_Q8_0
                                  : LLAMA_FTYPE_MOSTLY_Q4_0;
  return static_cast<int>(llama_model_quantize(in, out, &params));
}

llama_model* load(const char* path, bool vocabulary_only) {
  llama_model_params params = llama_model_default_params();
  params.vocab_only = vocabulary_only;
  llama_model* model = llama_model_load_from_file(path, params);
  if (model == nullptr) fail(std::string("cannot load ") + path);
  return model;
}

llama_context_params plain_params() {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = 64;
  params.n_threads = params.n_threads_batch = 1;
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  params.type_k = params.type_v = GGML_TYPE_F32;
  return params;
}

void print(const float* values, int count) {
  for (int i = 0; i < count; ++i) std::printf("%.9g%c", values[i], i + 1 < count ? ' ' : '\n');
}

int logits(const char* path, const std::vector<llama_token>& tokens, bool embed) {
  llama_model* model = load(path, false);
  llama_context_params params = plain_params();
  params.embeddings = embed;
  llama_context* context = llama_init_from_model(model, params);
  const auto count = static_cast<int>(tokens.size());
  llama_batch batch = llama_batch_init(count, 0, 1);
  batch.n_tokens = count;
  for (int i = 0; i < count; ++i) {
    batch.token[i] = tokens[static_cast<std::size_t>(i)];
    batch.pos[i] = i;
    batch.n_seq_id[i] = 1;
    batch.seq_id[i][0] = 0;
    batch.logits[i] = 1;
  }
  if (embed ? llama_encode(context, batch) : llama_decode(context, batch)) fail("cannot decode");
  if (embed) {
    print(llama_get_embeddings_seq(context, 0), llama_model_n_embd(model));
    return 0;
  }
  const int vocab = llama_vocab_n_tokens(llama_model_get_vocab(model));
  for (int i = 0; i < count; ++i) print(llama_get_logits_ith(context, i), vocab);
  return 0;
}

int generate(const char* path, int count, std::vector<llama_token> tokens) {
  llama_model* model = load(path, false);
  llama_context* context = llama_init_from_model(model, plain_params());
  const int vocab = llama_vocab_n_tokens(llama_model_get_vocab(model));
  for (int i = 0; i < count; ++i) {
    if (llama_decode(context, llama_batch_get_one(tokens.data(), static_cast<int>(tokens.size()))))
      fail("cannot decode");
    const float* logits = llama_get_logits_ith(context, -1);
    const auto best = static_cast<llama_token>(std::max_element(logits, logits + vocab) - logits);
    float second = -1e30f;
    for (int id = 0; id < vocab; ++id)
      if (id != best) second = std::max(second, logits[id]);
    std::cout << best << " " << logits[best] << " " << second << "\n";
    tokens = {best};
  }
  return 0;
}

int tokens(const char* path) {
  const llama_vocab* vocab = llama_model_get_vocab(load(path, true));
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<llama_token> ids(line.size() + 8);
    const int count =
        llama_tokenize(vocab, line.data(), static_cast<int>(line.size()), ids.data(),
                       static_cast<int>(ids.size()), /*add_special=*/true, /*parse_special=*/false);
    for (int i = 0; i < count; ++i) std::cout << (i > 0 ? " " : "") << ids[i];
    std::cout << "\n";
  }
  return 0;
}

// The floats of IN become, type after type: a u32 with ggml's number of the type, the blocks, and
// the floats that ggml makes of them.
int blocks(const char* in, const char* out) {
  std::vector<float> values(1 << 20);
  FILE* from = std::fopen(in, "rb");
  values.resize(std::fread(values.data(), sizeof(float), values.size(), from));
  std::fclose(from);
  FILE* to = std::fopen(out, "wb");
  const auto rows = static_cast<std::int64_t>(values.size() / 256);
  for (const ggml_type type :
       {GGML_TYPE_Q4_0, GGML_TYPE_Q4_1, GGML_TYPE_Q5_0, GGML_TYPE_Q5_1, GGML_TYPE_Q8_0,
        GGML_TYPE_Q2_K, GGML_TYPE_Q3_K, GGML_TYPE_Q4_K, GGML_TYPE_Q5_K, GGML_TYPE_Q6_K}) {
    std::vector<char> packed(static_cast<std::size_t>(rows) * ggml_row_size(type, 256));
    ggml_quantize_chunk(type, values.data(), packed.data(), 0, rows, 256, nullptr);
    std::vector<float> back(values.size());
    ggml_get_type_traits(type)->to_float(packed.data(), back.data(),
                                         static_cast<std::int64_t>(back.size()));
    const auto number = static_cast<std::uint32_t>(type);
    std::fwrite(&number, sizeof number, 1, to);
    std::fwrite(packed.data(), 1, packed.size(), to);
    std::fwrite(back.data(), sizeof(float), back.size(), to);
  }
  return std::fclose(to);
}

}  // namespace

int main(int argc, char** argv) {
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  llama_backend_init();
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "quantize" && argc == 5) return quantize(argv[2], argv[3], argv[4]);
  if (command == "tokens" && argc == 3) return tokens(argv[2]);
  if (command == "blocks" && argc == 4) return blocks(argv[2], argv[3]);
  const bool one_pass = (command == "logits" || command == "embed") && argc > 3;
  if (!one_pass && (command != "generate" || argc < 5)) fail("see the head of llama_cpp_judge.cpp");
  std::vector<llama_token> prompt;
  for (int i = one_pass ? 3 : 4; i < argc; ++i) prompt.push_back(std::atoi(argv[i]));
  if (one_pass) return logits(argv[2], prompt, command == "embed");
  return generate(argv[2], std::atoi(argv[3]), prompt);
}
