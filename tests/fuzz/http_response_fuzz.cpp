// What an HTTP server answers: at once and byte by byte, which must read the same.
#include <cstdint>
#include <string_view>

#include "vipherd/base/assert.hpp"
#include "vipherd/wire/http_response.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using vipherd::wire::HttpResponseReader;
  constexpr std::size_t kKeep = 64;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool head : {false, true}) {
    HttpResponseReader whole(head, kKeep);
    whole.take(text);
    HttpResponseReader parts(head, kKeep);
    for (const char& byte : text) parts.take({&byte, 1});
    VIPHERD_ASSERT(whole.state() == parts.state() && whole.status() == parts.status());
    VIPHERD_ASSERT(whole.body() == parts.body() && whole.body_bytes() == parts.body_bytes());
    VIPHERD_ASSERT(whole.body().size() <= kKeep && whole.body_bytes() <= size);
    whole.end();
    VIPHERD_ASSERT(whole.state() != HttpResponseReader::State::headers &&
                   whole.state() != HttpResponseReader::State::body);
  }
  return 0;
}
