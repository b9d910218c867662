// The least of llama.cpp that computes: a prompt of P tokens at once, then N tokens one by one, on
// one thread and without sampling. What it executes is counted by run.py.
//   llama_steps MODEL.gguf P N
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "llama.h"

namespace {

std::vector<llama_token> invented_tokens(int count, int vocab) {
  std::vector<llama_token> tokens;
  for (int i = 0; i < count; ++i)
    tokens.push_back(static_cast<llama_token>(static_cast<long long>(i) * 7919 % vocab));
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

  std::vector<llama_token> tokens =
      invented_tokens(prompt, llama_vocab_n_tokens(llama_model_get_vocab(model)));
  if (prompt > 0 && llama_decode(context, llama_batch_get_one(tokens.data(), prompt)) != 0)
    return fail("the prompt fails");
  for (llama_token token = 1; token <= steps; ++token)
    if (llama_decode(context, llama_batch_get_one(&token, 1)) != 0) return fail("a step fails");

  llama_free(context);
  llama_model_free(model);
  return 0;
}
