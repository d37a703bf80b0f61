#include "spread/http_requests.hpp"

#include <curl/curl.h>
#include <re2/re2.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "spread/limits.hpp"

namespace vipherd::spread {
namespace {

constexpr std::size_t kLongestBody = std::size_t{64} * 1024;
constexpr std::size_t kLongestName = 100;

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

/// One request under way.
struct Slot {
  std::unique_ptr<CURL, EasyDeleter> handle{curl_easy_init()};
  std::size_t index = 0;
  std::string body;
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* slot) {
  auto& body = static_cast<Slot*>(slot)->body;
  // What is longer than that has told its name before.
  body.append(data, std::min(size, kLongestBody - body.size()));
  return size;
}

/// The connection is reset at its end: no TIME_WAIT keeps a port that the next round needs.
int reset_at_close(void*, curl_socket_t socket, curlsocktype) {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  return CURL_SOCKOPT_OK;
}

class HttpRound {
 public:
  explicit HttpRound(const Options& options)
      : options_(options), pattern_(options.body, RE2::Quiet) {
    round_.resize(options.requests);
  }

  Result<Round> run();

 private:
  void prepare(Slot& slot);
  void start(Slot& slot);
  void finish(Slot& slot, CURLcode code);
  std::string node_of(const Slot& slot) const;

  const Options& options_;
  RE2 pattern_;
  Round round_;
  std::size_t next_ = 0;
  std::vector<Slot> slots_;
  std::unique_ptr<CURLM, MultiDeleter> multi_{curl_multi_init()};
};

void HttpRound::prepare(Slot& slot) {
  CURL* handle = slot.handle.get();
  curl_easy_setopt(handle, CURLOPT_URL, options_.target.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(kPatience.count()));
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &slot);
  curl_easy_setopt(handle, CURLOPT_PRIVATE, &slot);
  if (options_.from) {
    curl_easy_setopt(handle, CURLOPT_INTERFACE, ("host!" + options_.from->to_string()).c_str());
  }
  if (options_.insecure) {
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (options_.first_port > 0) {
    curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, reset_at_close);
    curl_easy_setopt(handle, CURLOPT_LOCALPORTRANGE, 1L);
  }
}

void HttpRound::start(Slot& slot) {
  slot.index = next_++;
  slot.body.clear();
  if (options_.first_port > 0) {
    curl_easy_setopt(slot.handle.get(), CURLOPT_LOCALPORT,
                     static_cast<long>(options_.first_port + slot.index));
  }
  curl_multi_add_handle(multi_.get(), slot.handle.get());
}

std::string HttpRound::node_of(const Slot& slot) const {
  if (!options_.header.empty()) {
    curl_header* header = nullptr;
    const auto code =
        curl_easy_header(slot.handle.get(), options_.header.c_str(), 0, CURLH_HEADER, -1, &header);
    return code == CURLHE_OK ? name_in(header->value) : "";
  }
  if (options_.body.empty()) return name_in(slot.body);
  std::string name;
  const bool grouped = pattern_.NumberOfCapturingGroups() > 0;
  const bool found = grouped ? RE2::PartialMatch(slot.body, pattern_, &name)
                             : RE2::PartialMatch(slot.body, "(" + pattern_.pattern() + ")", &name);
  return found ? name_in(name) : "";
}

void HttpRound::finish(Slot& slot, CURLcode code) {
  Outcome& outcome = round_[slot.index];
  long status = 0;
  curl_easy_getinfo(slot.handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK) {
    outcome.error = curl_easy_strerror(code);
  } else if (status >= 400) {
    outcome.error = "status " + std::to_string(status);
  } else {
    outcome.node = node_of(slot);
    if (outcome.node.empty()) outcome.error = "the answer names no node";
  }
}

Result<Round> HttpRound::run() {
  if (!pattern_.ok()) return fail("--body: not a regular expression: " + pattern_.error());
  if (!multi_) return fail("libcurl could not be started");
  slots_ = std::vector<Slot>(std::min(kUnderWay, options_.requests));
  const auto deadline = std::chrono::steady_clock::now() + kLongestRound;
  int running = 0;
  for (Slot& slot : slots_) {
    if (!slot.handle) return fail("libcurl could not be started");
    prepare(slot);
    start(slot);
  }
  std::size_t ended = 0;
  while (ended < options_.requests) {
    curl_multi_perform(multi_.get(), &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      void* slot_of = nullptr;
      const CURLcode code = message->data.result;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot_of);
      Slot& slot = *static_cast<Slot*>(slot_of);
      finish(slot, code);
      curl_multi_remove_handle(multi_.get(), slot.handle.get());
      ++ended;
      if (next_ < options_.requests) start(slot);
    }
    if (std::chrono::steady_clock::now() > deadline) break;
    if (ended < options_.requests) curl_multi_poll(multi_.get(), nullptr, 0, 100, nullptr);
  }
  for (Slot& slot : slots_) curl_multi_remove_handle(multi_.get(), slot.handle.get());
  for (Outcome& outcome : round_) {
    if (outcome.node.empty() && outcome.error.empty()) outcome.error = kOutOfTime;
  }
  return std::move(round_);
}

}  // namespace

std::string name_in(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
  text.remove_prefix(begin);
  text = text.substr(0, std::min(text.find('\n'), kLongestName));
  return std::string(text.substr(0, text.find_last_not_of(kSpace) + 1));
}

Result<Round> send_http_round(const Options& options) { return HttpRound(options).run(); }

}  // namespace vipherd::spread
