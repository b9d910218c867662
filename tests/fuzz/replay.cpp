#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Runs a fuzz target without libFuzzer, the same way each time: over nothing, over each seed of the
// folders and files that are named, over each seed cut short, and over each seed with one byte of
// its head changed.
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kPlaces = 400;  // of each seed; bounds the time

// A copy of exactly this size, so that a sanitizer sees a step beyond it.
void run(const std::uint8_t* data, std::size_t size) {
  const Bytes copy(data, data + size);
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

long run_damaged(Bytes seed) {
  run(seed.data(), seed.size());
  long runs = 1;
  const std::size_t step = std::max<std::size_t>(1, seed.size() / kPlaces);
  for (std::size_t size = 0; size < seed.size(); size += step, ++runs) run(seed.data(), size);
  for (std::size_t at = 0; at < std::min(seed.size(), kPlaces); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      seed[at] = static_cast<std::uint8_t>(seed[at] ^ flip);
      run(seed.data(), seed.size());
      seed[at] = static_cast<std::uint8_t>(seed[at] ^ flip);
      ++runs;
    }
  }
  return runs;
}

Bytes read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

int main(int argc, char** argv) {
  LLVMFuzzerTestOneInput(nullptr, 0);
  int seeds = 0;
  long runs = 1;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      std::printf("%s is no folder of seeds\n", argv[i]);
      return 1;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      runs += run_damaged(read(entry.path()));
      ++seeds;
    }
  }
  std::printf("%d seeds, %ld runs\n", seeds, runs);
  return seeds > 0 ? 0 : 1;
}
