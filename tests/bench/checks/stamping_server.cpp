// Tells when checks came: an HTTP server of one thread that notes, for each connection, the
// address it was made to (which names the check) and when it was accepted, and answers 200.
//
//   stamping_server PORT FILE     until SIGTERM; then FILE has a line "ADDRESS-INDEX NANOSECONDS"
//                                 for each connection, in the order in which they came
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <vector>

namespace {

constexpr std::uint32_t kFirstAddress = 0x7f010000;
constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: "
    "close\r\n\r\nok";

struct Arrival {
  std::uint32_t check;
  std::int64_t at;
};

std::int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int listen_on(std::uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 65535) != 0) {
    std::perror("stamping_server");
    std::exit(1);
  }
  return listener;
}

void accept_all(int epoll, int listener, std::vector<Arrival>& arrivals) {
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    const std::int64_t at = now();
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(client, reinterpret_cast<sockaddr*>(&address), &size);
    arrivals.push_back({ntohl(address.sin_addr.s_addr) - kFirstAddress, at});
    watch(epoll, client);
  }
}

void serve(int client) {
  std::array<char, 4096> request;
  const ssize_t size = recv(client, request.data(), request.size(), 0);
  if (size > 0) send(client, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
  if (size >= 0) close(client);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  const int stop = signalfd(-1, &signals, SFD_CLOEXEC);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const int listener = listen_on(static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10)));
  watch(epoll, stop);
  watch(epoll, listener);
  std::vector<Arrival> arrivals;
  arrivals.reserve(1 << 20);
  for (bool running = true; running;) {
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int ready = events[static_cast<std::size_t>(i)].data.fd;
      if (ready == stop) {
        running = false;
      } else if (ready == listener) {
        accept_all(epoll, listener, arrivals);
      } else {
        serve(ready);
      }
    }
  }
  std::FILE* file = std::fopen(argv[2], "w");
  if (file == nullptr) return 1;
  for (const Arrival& arrival : arrivals) {
    std::fprintf(file, "%u %lld\n", arrival.check, static_cast<long long>(arrival.at));
  }
  return std::fclose(file) == 0 ? 0 : 1;
}
