// The least of llama.cpp that does what `linnet generate --temp 0` does: a prompt of P tokens at
// once, then N of the likeliest tokens one by one, on one thread. What it executes is counted by
// instructions.py.
//   llama_steps MODEL.gguf P N
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "llama.h"

namespace {

std::vector<llama_token> invented_tokens(int count, int vocab) {
  std::vector<llama_token> tokens;
  for (int i = 0; i < count; ++i)
    tokens.push_back(static_cast<llama_token>((i + 1LL) * 7919 % vocab));
  return tokens;
}

int fail(const char* what) {
  std::fprintf(stderr, "llama_steps: %s\n", what);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return fail("needs a model, the length of a prompt and a number of tokens");
  const int prompt = std::atoi(argv[2]), steps = std::atoi(argv[3]);
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  llama_backend_init();

  llama_model_params how = llama_model_default_params();
  how.n_gpu_layers = 0;
  llama_model* model = llama_model_load_from_file(argv[1], how);
  if (!model) return fail("the model does not load");
  llama_context_params where = llama_context_default_params();
  where.n_ctx = 512;
  where.n_batch = where.n_ubatch = 512;
  where.n_threads = where.n_threads_batch = 1;
  llama_context* context = llama_init_from_model(model, where);
  if (!context) return fail("there is no context");

  const int vocab = llama_vocab_n_tokens(llama_model_get_vocab(model));
  std::vector<llama_token> tokens = invented_tokens(prompt, vocab);
  for (int step = 0; step < steps; ++step) {
    const auto count = static_cast<int>(tokens.size());
    if (llama_decode(context, llama_batch_get_one(tokens.data(), count)) != 0)
      return fail("a step fails");
    const float* logits = llama_get_logits_ith(context, -1);
    const auto likeliest = std::max_element(logits, logits + vocab) - logits;
    tokens = {static_cast<llama_token>(likeliest)};
  }

  llama_free(context);
  llama_model_free(model);
  return 0;
}
