#include "spread/dns_requests.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <list>
#include <random>

#include "spread/http_requests.hpp"
#include "spread/limits.hpp"

namespace vipherd::spread {
namespace {

using Clock = std::chrono::steady_clock;

struct Sockaddr {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Sockaddr sockaddr_of(const IpAddress& address, std::uint16_t port) {
  Sockaddr result;
  const auto bytes = address.bytes();
  if (address.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&result.storage, &in, sizeof in);
    result.size = sizeof in;
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&result.storage, &in, sizeof in);
    result.size = sizeof in;
  }
  return result;
}

/// One query under way.
struct Query {
  std::size_t index = 0;
  int descriptor = -1;
  std::vector<std::uint8_t> packet{};
  Clock::time_point deadline{};

  Query(std::size_t which, int socket) : index(which), descriptor(socket) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

class DnsRound {
 public:
  DnsRound(const Options& options, wire::dns::Query query)
      : options_(options), query_(std::move(query)), random_(std::random_device()()) {
    round_.resize(options.requests);
  }

  Round run();

 private:
  void start(std::size_t index);
  std::string send(const Query& query) const;
  void read(const Query& query);
  void wait();
  void settle();

  const Options& options_;
  wire::dns::Query query_;
  std::minstd_rand random_;
  Round round_;
  std::list<Query> under_way_;
};

/// Empty, or why it cannot be sent.
std::string DnsRound::send(const Query& query) const {
  if (query.descriptor < 0) return std::strerror(errno);
  const IpAddress& server = options_.target.server.address;
  if (options_.from || options_.first_port > 0) {
    const IpAddress any =
        server.is_v4() ? IpAddress() : IpAddress::from_bytes(std::array<std::uint8_t, 16>{});
    const std::size_t port = options_.first_port > 0 ? options_.first_port + query.index : 0;
    const Sockaddr own = sockaddr_of(options_.from.value_or(any), static_cast<std::uint16_t>(port));
    if (::bind(query.descriptor, own.get(), own.size) != 0) return std::strerror(errno);
  }
  const Sockaddr peer = sockaddr_of(server, options_.target.server.port);
  if (::connect(query.descriptor, peer.get(), peer.size) != 0) return std::strerror(errno);
  const auto sent = ::send(query.descriptor, query.packet.data(), query.packet.size(), 0);
  return sent < 0 ? std::strerror(errno) : "";
}

void DnsRound::start(std::size_t index) {
  const int family = options_.target.server.address.is_v4() ? AF_INET : AF_INET6;
  Query& query = under_way_.emplace_back(
      index, ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  query.packet = *wire::dns::encode_query(query_, static_cast<std::uint16_t>(random_()));
  query.deadline = Clock::now() + kPatience;
  round_[index].error = send(query);
}

void DnsRound::read(const Query& query) {
  std::array<std::uint8_t, 4096> buffer;
  const auto size = ::recv(query.descriptor, buffer.data(), buffer.size(), 0);
  Outcome& outcome = round_[query.index];
  if (size < 0) {
    if (errno != EAGAIN && errno != EINTR) outcome.error = std::strerror(errno);
    return;
  }
  const std::span<const std::uint8_t> message(buffer.data(), static_cast<std::size_t>(size));
  if (!wire::dns::is_answer(message, query.packet)) return;  // another program's: the wait goes on
  const auto answer = wire::dns::parse_answer(message, query_);
  if (!answer) {
    outcome.error = answer.error().what;
  } else if (answer->rcode != wire::dns::kNoError) {
    outcome.error = wire::dns::rcode_name(answer->rcode);
  } else if (answer->records.empty()) {
    outcome.error = "the answer has no TXT record";
  } else {
    std::string text = answer->records.front().text;
    std::erase(text, '"');
    outcome.node = name_in(text);
    if (outcome.node.empty()) outcome.error = "the answer names no node";
  }
}

/// Until one has been answered, or the first has waited for too long.
void DnsRound::wait() {
  std::vector<pollfd> descriptors;
  for (const Query& query : under_way_) descriptors.push_back({query.descriptor, POLLIN, 0});
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(under_way_.front().deadline - Clock::now());
  ::poll(descriptors.data(), descriptors.size(),
         static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  for (const Query& query : under_way_) read(query);
}

/// Takes out what has ended.
void DnsRound::settle() {
  const auto now = Clock::now();
  under_way_.remove_if([&](const Query& query) {
    Outcome& outcome = round_[query.index];
    const bool ended = !outcome.node.empty() || !outcome.error.empty();
    if (!ended && now >= query.deadline) outcome.error = "Timeout was reached";
    return ended || now >= query.deadline;
  });
}

Round DnsRound::run() {
  const auto deadline = Clock::now() + kLongestRound;
  std::size_t next = 0;
  while (next < options_.requests || !under_way_.empty()) {
    while (next < options_.requests && under_way_.size() < kUnderWay && Clock::now() < deadline) {
      start(next++);
      settle();
    }
    if (under_way_.empty()) break;
    wait();
    settle();
  }
  for (; next < options_.requests; ++next) round_[next].error = kOutOfTime;
  return std::move(round_);
}

}  // namespace

Result<wire::dns::Query> txt_query(const std::string& name) {
  const auto type = wire::dns::parse_type("TXT");
  if (!type) return type.error();
  wire::dns::Query query;
  query.name = name;
  query.type = *type;
  query.recursion_desired = true;
  const auto packet = wire::dns::encode_query(query, 0);
  if (!packet) return packet.error();
  return query;
}

Result<Round> send_dns_round(const Options& options) {
  const auto query = txt_query(options.target.name);
  if (!query) return query.error();
  if (options.from && options.from->family() != options.target.server.address.family()) {
    return fail("--from is of another family than the server");
  }
  return DnsRound(options, *query).run();
}

}  // namespace vipherd::spread
