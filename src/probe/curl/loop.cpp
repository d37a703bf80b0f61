#include "probe/curl/loop.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "vipherd/base/assert.hpp"
#include "vipherd/base/duration.hpp"

namespace vipherd::probe::curl {
namespace {

namespace asio = boost::asio;

/// Handles kept for reuse: a few kilobytes each, and seldom more transfers run at a time.
constexpr std::size_t kMostSpare = 64;
constexpr std::size_t kMostLoops = 64;

void initialise_curl_once() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  VIPHERD_ASSERT(code == CURLE_OK);
}

}  // namespace

/// What curl wants to know of one of its sockets.
struct Loop::Watch {
  Watch(asio::io_context& io, curl_socket_t of) : socket(of), descriptor(io) {}
  curl_socket_t socket;
  asio::posix::stream_descriptor descriptor;  ///< a duplicate of `socket`, closed by us
  bool want_read = false;
  bool want_write = false;
  bool reading = false;  ///< a wait is under way
  bool writing = false;
};

std::shared_ptr<Loop> Loop::make(asio::io_context& io) {
  initialise_curl_once();
  return std::shared_ptr<Loop>(new Loop(io));
}

Loop::Loop(asio::io_context& io) : io_(io), multi_(curl_multi_init()), timer_(io) {
  VIPHERD_ASSERT(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Loop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Loop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

Loop::~Loop() {
  while (!transfers_.empty()) give_back(transfers_.begin()->first);
  curl_multi_cleanup(multi_);
  for (CURL* handle : spare_) curl_easy_cleanup(handle);
}

CURL* Loop::take_handle() {
  if (spare_.empty()) return curl_easy_init();
  CURL* handle = spare_.back();
  spare_.pop_back();
  return handle;
}

void Loop::give_back(CURL* handle) {
  // Removing it also drops its end, if that was not given out yet.
  if (transfers_.erase(handle) > 0) curl_multi_remove_handle(multi_, handle);
  if (spare_.size() >= kMostSpare) {
    curl_easy_cleanup(handle);
    return;
  }
  curl_easy_reset(handle);
  spare_.push_back(handle);
}

bool Loop::start(CURL* handle, TransferEnd end) {
  if (curl_multi_add_handle(multi_, handle) != CURLM_OK) return false;
  transfers_.emplace(handle, std::move(end));
  return true;
}

int Loop::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  static_cast<Loop*>(self)->watch(socket, what);
  return 0;
}

int Loop::on_timer(CURLM*, long timeout_ms, void* self) {
  static_cast<Loop*>(self)->arm_timer(timeout_ms);
  return 0;
}

void Loop::watch(curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    const auto found = watches_.find(socket);
    if (found == watches_.end()) return;
    found->second->want_read = found->second->want_write = false;
    boost::system::error_code ignored;
    found->second->descriptor.close(ignored);
    watches_.erase(found);
    return;
  }
  auto& watch = watches_[socket];
  if (!watch) {
    watch = std::make_shared<Watch>(io_, socket);
    boost::system::error_code error;
    const int duplicate = ::dup(socket);
    if (duplicate >= 0) watch->descriptor.assign(duplicate, error);
    if (duplicate >= 0 && error) ::close(duplicate);
    // Without a duplicate the transfer is not moved along, and ends at its deadline.
  }
  if (!watch->descriptor.is_open()) return;
  watch->want_read = (what & CURL_POLL_IN) != 0;
  watch->want_write = (what & CURL_POLL_OUT) != 0;
  if (watch->want_read && !watch->reading) wait_for(watch, false);
  if (watch->want_write && !watch->writing) wait_for(watch, true);
}

void Loop::wait_for(const std::shared_ptr<Watch>& watch, bool write) {
  (write ? watch->writing : watch->reading) = true;
  const auto kind =
      write ? asio::posix::descriptor_base::wait_write : asio::posix::descriptor_base::wait_read;
  watch->descriptor.async_wait(
      kind, [weak = weak_from_this(), watch, write](const boost::system::error_code& error) {
        (write ? watch->writing : watch->reading) = false;
        const auto self = weak.lock();
        if (!self || error == asio::error::operation_aborted) return;
        if (!(write ? watch->want_write : watch->want_read)) return;
        self->act(watch->socket,
                  error ? CURL_CSELECT_ERR : (write ? CURL_CSELECT_OUT : CURL_CSELECT_IN));
        // curl says nothing when it goes on wanting the same.
        if (write ? watch->want_write && !watch->writing : watch->want_read && !watch->reading) {
          self->wait_for(watch, write);
        }
      });
}

void Loop::arm_timer(long timeout_ms) {
  const std::uint64_t armed = ++armed_;
  timer_.cancel();
  if (timeout_ms < 0) return;
  auto on_time = [weak = weak_from_this(), armed](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && self->armed_ == armed) self->act(CURL_SOCKET_TIMEOUT, 0);
  };
  // At the beginning of each transfer: no timer has to be set for it.
  if (timeout_ms == 0) {
    asio::post(io_, [on_time] { on_time({}); });
    return;
  }
  timer_.expires_after(saturated(std::chrono::milliseconds(timeout_ms)));
  timer_.async_wait(std::move(on_time));
}

void Loop::act(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  give_out_ends();
}

void Loop::give_out_ends() {
  int left = 0;
  // One at a time: what is done with one end may abandon or start other transfers.
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* handle = message->easy_handle;
    const CURLcode code = message->data.result;
    const auto found = transfers_.find(handle);
    if (found == transfers_.end()) continue;
    const TransferEnd end = found->second;
    end(code);
  }
}

std::shared_ptr<Loop> Loops::of(const std::string& ca_file) {
  const auto found = loops_.find(ca_file);
  if (found != loops_.end()) return found->second;
  // Those in use live on with their probes; what a reload has made useless goes at last.
  if (loops_.size() >= kMostLoops) loops_.clear();
  return loops_.emplace(ca_file, Loop::make(io_)).first->second;
}

}  // namespace vipherd::probe::curl
