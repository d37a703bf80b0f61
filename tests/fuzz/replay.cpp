// Feeds every file of a corpus folder to a fuzz target, and every truncation and
// single-byte change of it, so that a compiler without libFuzzer tests the same.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void feed(const std::vector<std::uint8_t>& input) {
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

void feed_variants(std::vector<std::uint8_t> input) {
  constexpr std::size_t kMost = 512;
  for (std::size_t length = 0; length < input.size() && length < kMost; ++length) {
    feed({input.begin(), input.begin() + static_cast<std::ptrdiff_t>(length)});
  }
  for (std::size_t index = 0; index < input.size() && index < kMost; ++index) {
    const std::uint8_t original = input[index];
    for (const std::uint8_t value :
         {std::uint8_t{0}, std::uint8_t{0xff}, static_cast<std::uint8_t>(original ^ 0x80),
          static_cast<std::uint8_t>(original + 1)}) {
      input[index] = value;
      feed(input);
    }
    input[index] = original;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<std::uint8_t> input{std::istreambuf_iterator<char>(file), {}};
    feed(input);
    feed_variants(input);
    ++files;
  }
  std::printf("%d corpus files replayed\n", files);
  return files > 0 ? 0 : 1;
}
