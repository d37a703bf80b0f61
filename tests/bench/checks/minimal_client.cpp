// The honest minimum of an HTTP check, to measure the agent against: for each request a new
// non-blocking connection, one send, reads until the end, close; epoll, and one timerfd for the
// next request. It sends what the agent sends, each check at its own moment of the interval, and
// looks at the status. It has no deadlines, no results and no configuration.
//
//   minimal_client CHECKS INTERVAL_MS PORT     check i asks 127.1.0.0 + i, until SIGTERM
//
// At the end it prints how many requests were answered with 200 and how many were not.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace {

constexpr std::uint32_t kFirstAddress = 0x7f010000;
constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

class Client {
 public:
  Client(std::uint32_t checks, std::int64_t interval, std::uint16_t port)
      : checks_(checks), interval_(interval), port_(port), begin_(now()) {}

  void run() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    const int stop = signalfd(-1, &signals, SFD_CLOEXEC);
    watch(stop, EPOLLIN, EPOLL_CTL_ADD);
    watch(timer_, EPOLLIN, EPOLL_CTL_ADD);
    arm();
    for (;;) {
      std::array<epoll_event, 256> events;
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == stop) return;
        if (event.data.fd == timer_) {
          start_due();
        } else if ((event.events & EPOLLIN) == 0 && (event.events & EPOLLOUT) != 0) {
          send_request(event.data.fd);
        } else {
          read_answer(event.data.fd);
        }
      }
    }
  }

  void report() const {
    std::printf("{\"ok\": %llu, \"failed\": %llu}\n", static_cast<unsigned long long>(ok_),
                static_cast<unsigned long long>(failed_));
  }

 private:
  void watch(int descriptor, std::uint32_t events, int operation) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    epoll_ctl(epoll_, operation, descriptor, &event);
  }

  std::int64_t due() const {
    return begin_ + static_cast<std::int64_t>(started_) * interval_ / checks_;
  }

  void arm() const {
    itimerspec next{};
    next.it_value.tv_sec = due() / kSecond;
    next.it_value.tv_nsec = due() % kSecond;
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &next, nullptr);
  }

  void start_due() {
    std::uint64_t expirations = 0;
    if (read(timer_, &expirations, sizeof expirations) < 0) return;
    for (const std::int64_t moment = now(); due() <= moment; ++started_) start();
    arm();
  }

  void start() {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(kFirstAddress + static_cast<std::uint32_t>(started_ % checks_));
    if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS) {
      return finish(descriptor, false);
    }
    watch(descriptor, EPOLLOUT, EPOLL_CTL_ADD);
  }

  void send_request(int descriptor) {
    in_addr address{};
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size);
    address = peer.sin_addr;
    std::array<char, 256> text;
    const int length = std::snprintf(text.data(), text.size(),
                                     "GET / HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: minimal\r\n"
                                     "Accept: */*\r\nConnection: close\r\n\r\n",
                                     inet_ntoa(address), port_);
    if (send(descriptor, text.data(), static_cast<std::size_t>(length), MSG_NOSIGNAL) != length) {
      return finish(descriptor, false);
    }
    watch(descriptor, EPOLLIN, EPOLL_CTL_MOD);
  }

  /// A small answer arrives in one piece; what follows it is the end.
  void read_answer(int descriptor) {
    std::array<char, 16384> text;
    for (;;) {
      const ssize_t size = recv(descriptor, text.data(), text.size(), 0);
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) return finish(descriptor, size == 0);
      const std::string_view answer(text.data(), static_cast<std::size_t>(size));
      if (!answer.starts_with("HTTP/1.1 200 ")) return finish(descriptor, false);
    }
  }

  void finish(int descriptor, bool good) {
    close(descriptor);
    ++(good ? ok_ : failed_);
  }

  const std::uint32_t checks_;
  const std::int64_t interval_;
  const std::uint16_t port_;
  const std::int64_t begin_;
  const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  const int timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  std::uint64_t started_ = 0;
  std::uint64_t ok_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  Client client(static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10)),
                std::strtol(argv[2], nullptr, 10) * 1'000'000,
                static_cast<std::uint16_t>(std::strtoul(argv[3], nullptr, 10)));
  client.run();
  client.report();
}
