// Does on a node what the agent does there with the relay's data path; for end-to-end tests, which
// write commands to its standard input and read one line for each: "ok", JSON, or "failed: …". It
// ends with its input.
//
//   relay_node ADDRESSES SIBLINGS VIPS INTERFACES PORT TOKEN RATE     lists with commas; the node's
//   own addresses first relay_node orphans                                                removes
//   what a killed one left
//
//   live ADDRESS...   the siblings of their family that are alive, in the ring's order
//   vips ADDRESS...   those that are attached here from now on
//   counters          as JSON
//   hang, go on       no longer renews, does again
//   leave             ends without taking the filters away
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "vipherd/relay/data_path.hpp"

using namespace vipherd;

namespace {

constexpr int kTickMs = 100;
/// The agent takes 1 s; a test machine may be busy.
constexpr std::chrono::seconds kLifetime{3};
/// In which a successor is ready.
constexpr std::chrono::minutes kUntilASuccessor{1};

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

std::vector<IpAddress> addresses(const std::vector<std::string>& texts) {
  std::vector<IpAddress> found;
  for (const std::string& text : texts) found.push_back(IpAddress::parse(text).value());
  return found;
}

struct Node {
  relay::DataPath path;
  std::map<Family, relay::Ring> rings;
  std::vector<std::string> interfaces;
  bool renews = true;

  Result<void> tick() {
    if (renews) path.renew(std::chrono::steady_clock::now() + kLifetime);
    for (const auto& [family, ring] : rings) {
      if (auto done = path.set_ring(family, ring); !done) return done;
    }
    return path.attach(interfaces);
  }
};

std::string to_json(const relay::Counters& counters) {
  std::ostringstream out;
  out << "{\"strangers\": " << counters.strangers << ", \"untouched\": " << counters.untouched
      << ", \"too_big\": " << counters.too_big << ", \"rate_limited\": " << counters.rate_limited
      << ", \"clamped\": " << counters.clamped << ", \"siblings\": {";
  const char* comma = "";
  for (const auto& one : counters.siblings) {
    out << comma << '"' << one.sibling.to_string() << "\": {\"passed_on\": " << one.passed_on
        << ", \"forwarded\": " << one.forwarded << ", \"accepted\": " << one.accepted
        << ", \"unowned\": " << one.unowned << ", \"undeliverable\": " << one.undeliverable
        << ", \"malformed\": " << one.malformed << ", \"rate_limited\": " << one.rate_limited
        << ", \"connections_passed_on\": " << one.connections_passed_on
        << ", \"connections_accepted\": " << one.connections_accepted
        << ", \"connections_unowned\": " << one.connections_unowned << "}";
    comma = ", ";
  }
  out << "}}";
  return out.str();
}

std::string text_of(const Result<void>& done) {
  return done ? "ok" : "failed: " + done.error().what;
}

std::string execute(Node& node, const std::string& line) {
  auto words = split(line, ' ');
  const std::string command = words.empty() ? "" : words.front();
  if (!words.empty()) words.erase(words.begin());
  if (command == "live") {
    const auto live = addresses(words);
    for (auto& [family, ring] : node.rings) {
      if (live.empty() || live.front().family() == family) ring.live = live;
    }
    return text_of(node.tick());
  }
  if (command == "vips") return text_of(node.path.set_vips(addresses(words)));
  if (command == "counters") {
    const auto counters = node.path.counters();
    return counters ? to_json(*counters) : "failed: " + counters.error().what;
  }
  if (command == "hang" || command == "go") {
    node.renews = command == "go";
    return "ok";
  }
  if (command != "leave") return "failed: no command " + line;
  node.path.renew(std::chrono::steady_clock::now() + kUntilASuccessor);
  node.path.leave();
  return "ok";
}

int orphans() {
  const auto removed = relay::remove_orphans();
  if (!removed) return std::cout << "failed: " << removed.error().what << "\n", 1;
  for (const std::string& name : *removed) std::cout << name << "\n";
  return 0;
}

int serve(Node& node) {
  std::string input;
  while (true) {
    pollfd readable{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, kTickMs) > 0) {
      char piece[1024];
      const ssize_t size = ::read(STDIN_FILENO, piece, sizeof piece);
      if (size <= 0) return 0;
      input.append(piece, static_cast<std::size_t>(size));
    }
    for (auto end = input.find('\n'); end != std::string::npos; end = input.find('\n')) {
      const std::string line = input.substr(0, end);
      input.erase(0, end + 1);
      std::cout << execute(node, line) << std::endl;
      if (line == "leave") return 0;
    }
    static_cast<void>(node.tick());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "orphans") return orphans();
  if (argc != 8) return std::cerr << "relay_node: seven arguments, or \"orphans\"\n", 2;
  const auto argument = [&](int at) { return split(argv[at], ','); };
  auto path = relay::DataPath::load(
      {.port = static_cast<std::uint16_t>(std::stoul(argv[5])),
       .token = static_cast<std::uint32_t>(std::stoul(argv[6])),
       .packets_per_second = static_cast<std::uint32_t>(std::stoul(argv[7]))});
  if (!path) return std::cout << "failed: " << path.error().what << std::endl, 1;
  Node node{.path = std::move(*path), .rings = {}, .interfaces = argument(4)};
  for (const IpAddress& own : addresses(argument(1))) node.rings[own.family()].self = own;
  const auto siblings = addresses(argument(2));
  for (const IpAddress& sibling : siblings) node.rings[sibling.family()].live.push_back(sibling);
  auto done = node.path.set_siblings(siblings);
  if (done) done = node.path.set_vips(addresses(argument(3)));
  if (done) done = node.tick();
  std::cout << text_of(done) << std::endl;
  return done ? serve(node) : 1;
}
