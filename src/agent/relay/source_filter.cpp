#include "agent/relay/source_filter.hpp"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace vipherd::agent {
namespace {

/// Where the source address lies in the IP header.
constexpr std::uint32_t kSourceV4 = 12;
constexpr std::uint32_t kSourceV6 = 8;
constexpr std::size_t kWordSize = 4;

std::uint32_t word_at(const IpAddress& address, std::size_t offset) {
  std::uint32_t word = 0;
  std::memcpy(&word, address.bytes().data() + offset, sizeof word);
  return ntohl(word);
}

/// Accepts if all words of the source are this address's; otherwise goes on after its end.
void append_match(std::vector<sock_filter>& program, const IpAddress& source) {
  const std::uint32_t base = source.is_v4() ? kSourceV4 : kSourceV6;
  const std::size_t size = source.bytes().size();
  for (std::size_t offset = 0; offset < size; offset += kWordSize) {
    // Two instructions for each word that is left after this one, and the one that accepts.
    const std::size_t left = (size - offset) / kWordSize - 1;
    const auto to_the_next = static_cast<std::uint8_t>(2 * left + 1);
    program.push_back(
        {BPF_LD | BPF_W | BPF_ABS, 0, 0,
         static_cast<std::uint32_t>(SKF_NET_OFF) + base + static_cast<std::uint32_t>(offset)});
    program.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, to_the_next, word_at(source, offset)});
  }
  program.push_back({BPF_RET | BPF_K, 0, 0, UINT32_MAX});
}

}  // namespace

Result<void> take_only_from(int socket, Family family, const std::vector<IpAddress>& sources) {
  std::vector<sock_filter> program;
  for (const IpAddress& source : sources) {
    if (source.family() == family) append_match(program, source);
  }
  program.push_back({BPF_RET | BPF_K, 0, 0, 0});  // drop
  const sock_fprog all{static_cast<unsigned short>(program.size()), program.data()};
  if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof all) == 0) return {};
  return fail(std::string("cannot keep strangers from the heartbeats: ") + std::strerror(errno));
}

}  // namespace vipherd::agent
