// Any text is what operators said or an error; what was read is written and read as the same.
#include <cstdint>
#include <string_view>

#include "vipherd/base/assert.hpp"
#include "vipherd/wire/json/operator.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vipherd;
  const auto operators = wire::decode_operators(std::string(data, data + size));
  if (!operators) return 0;
  const auto again = wire::decode_operators(wire::encode_operators(*operators));
  VIPHERD_ASSERT(again.has_value());
  VIPHERD_ASSERT(*again == *operators);
  return 0;
}
