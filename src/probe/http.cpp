// Kinds `http` and `https`: one request on a connection of its own, judged by its status. The
// body must come to its end, or to kMostBody octets of it; what it says is not looked at.
#include <curl/curl.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include "probe/connect_error.hpp"
#include "probe/curl_loop.hpp"
#include "probe/http_settings.hpp"
#include "probe/kind.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe {
namespace {

/// A body is read to its end, but a server may send gigabytes.
constexpr std::size_t kMostBody = std::size_t{64} * 1024;
constexpr std::size_t kMostHeaders = std::size_t{64} * 1024;
constexpr const char* kUserAgent = "vipherd/" VIPHERD_VERSION;

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

void append(List& list, const std::string& text) {
  curl_slist* longer = curl_slist_append(list.get(), text.c_str());
  if (longer == nullptr) return;  // out of memory: curl is about to fail as well
  static_cast<void>(list.release());
  list.reset(longer);
}

/// What is known of the answer so far. Filled by curl's callbacks, which only count and stop.
struct Answer {
  bool tls_begun = false;
  int status = 0;  ///< of the last status line
  bool headers_complete = false;
  bool too_many_headers = false;
  bool enough = false;  ///< nothing that is to come can change the result
  std::size_t header_octets = 0;
  std::size_t body_octets = 0;
};

/// 0 unless the line is a status line: "HTTP/1.1 200 OK", "HTTP/2 200".
int parse_status_line(std::string_view line) {
  if (!line.starts_with("HTTP/")) return 0;
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  int status = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  return status;
}

class HttpProbe : public Probe {
 public:
  HttpProbe(std::shared_ptr<CurlLoop> loop, CURL* handle, HttpSettings settings, Finish finish)
      : loop_(std::move(loop)),
        handle_(handle),
        settings_(std::move(settings)),
        finish_(std::move(finish)) {
    set_options();
  }
  ~HttpProbe() override { loop_->give_back(handle_); }

  /// How it is that the request cannot even begin.
  CURLcode start() {
    if (refused_ != CURLE_OK) return refused_;
    const bool started = loop_->start(handle_, [this](CURLcode code) { on_end(code); });
    return started ? CURLE_OK : CURLE_OUT_OF_MEMORY;
  }
  std::string awaited() const override;

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle_, option, value);
    // Only for lack of memory, or of a feature that every build of curl has: the first
    // failure is what the probe fails with.
    if (code != CURLE_OK && refused_ == CURLE_OK) refused_ = code;
  }
  void set_options();
  void set_tls_options();

  static CURLcode on_tls(CURL*, void*, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  bool take_header(std::string_view line);

  void on_end(CURLcode code);
  Outcome judge(CURLcode code) const;
  int connect_error(CURLcode code) const;
  std::string describe_failure(CURLcode code) const;
  std::string describe_tls_failure(CURLcode code) const;
  std::string detail(CURLcode code) const;
  bool has_passed(CURLINFO time) const;
  bool is_connected_to_itself() const;

  std::shared_ptr<CurlLoop> loop_;
  CURL* handle_;
  HttpSettings settings_;
  Finish finish_;
  List headers_;
  List connect_to_;
  Answer answer_;
  CURLcode refused_ = CURLE_OK;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

void HttpProbe::set_options() {
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_URL, settings_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_USERAGENT, kUserAgent);
  if (settings_.head) set(CURLOPT_NOBODY, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  // Each probe proves that a new client could connect now, and asks the resolver anew.
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  // The environment may name a proxy; a probe is of the service itself.
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_NOSIGNAL, 1L);
  // An abandoned probe must not wait for a resolver thread that hangs.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_HEADERFUNCTION, &HttpProbe::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &HttpProbe::on_body);
  set(CURLOPT_WRITEDATA, this);
  for (const std::string& header : settings_.headers) append(headers_, header);
  if (headers_) set(CURLOPT_HTTPHEADER, headers_.get());
  if (!settings_.connect_to.empty()) {
    append(connect_to_, settings_.connect_to);
    set(CURLOPT_CONNECT_TO, connect_to_.get());
  }
  set_tls_options();
}

void HttpProbe::set_tls_options() {
  set(CURLOPT_SSL_CTX_FUNCTION, &HttpProbe::on_tls);
  set(CURLOPT_SSL_CTX_DATA, this);
  set(CURLOPT_SSL_VERIFYPEER, settings_.verify ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, settings_.verify ? 2L : 0L);
  if (!settings_.ca_file.empty()) set(CURLOPT_CAINFO, settings_.ca_file.c_str());
}

// ------------------------------------------------------------------ curl's callbacks

/// Called when the handshake is about to begin.
CURLcode HttpProbe::on_tls(CURL*, void*, void* self) {
  static_cast<HttpProbe*>(self)->answer_.tls_begun = true;
  return CURLE_OK;
}

std::size_t HttpProbe::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const std::string_view line(data, size * count);
  return static_cast<HttpProbe*>(self)->take_header(line) ? line.size() : 0;
}

/// False stops the transfer.
bool HttpProbe::take_header(std::string_view line) {
  answer_.header_octets += line.size();
  if (answer_.header_octets > kMostHeaders) {
    answer_.too_many_headers = true;
    return false;
  }
  if (const int status = parse_status_line(line)) answer_.status = status;
  const bool last = line == "\r\n" || line == "\n";
  const bool interim = answer_.status >= 100 && answer_.status <= 199;
  if (!last || interim) return true;
  answer_.headers_complete = true;
  answer_.enough = !settings_.expects(answer_.status);
  return !answer_.enough;
}

std::size_t HttpProbe::on_body(char*, std::size_t size, std::size_t count, void* self) {
  Answer& answer = static_cast<HttpProbe*>(self)->answer_;
  answer.body_octets += size * count;
  answer.enough = answer.body_octets >= kMostBody;
  return answer.enough ? 0 : size * count;
}

// ------------------------------------------------------------------ the end

void HttpProbe::on_end(CURLcode code) {
  Outcome outcome = judge(code);
  const Finish finish = std::exchange(finish_, nullptr);
  finish(std::move(outcome));
}

Outcome HttpProbe::judge(CURLcode code) const {
  if (code != CURLE_OK && !answer_.enough) {
    const int error = connect_error(code);
    if (error != 0) return connect_failure(settings_.target, error);
    return {false, describe_failure(code)};
  }
  // For curl an answer may also end with the connection, wherever that is.
  if (!answer_.headers_complete) {
    return {false, "the connection was closed before the response headers ended"};
  }
  const std::string status = "status " + std::to_string(answer_.status);
  if (settings_.expects(answer_.status)) return {true, status};
  return {false, status + ", expected " + settings_.expected()};
}

std::string HttpProbe::detail(CURLcode code) const {
  return error_.front() != '\0' ? error_.data() : curl_easy_strerror(code);
}

/// The errno of a connect() that failed, or 0.
int HttpProbe::connect_error(CURLcode code) const {
  if (is_connected_to_itself()) return ECONNREFUSED;
  long error = 0;
  if (code == CURLE_COULDNT_CONNECT) curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &error);
  return static_cast<int>(error);
}

std::string HttpProbe::describe_failure(CURLcode code) const {
  if (answer_.too_many_headers) return "response headers larger than 64 KiB";
  // NOLINTNEXTLINE: curl knows more than a hundred codes, and newer versions have more
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return "cannot connect to " + settings_.target;
    case CURLE_COULDNT_RESOLVE_HOST:
      return "the host name of " + settings_.target + " cannot be resolved";
    case CURLE_GOT_NOTHING:
      return "the connection was closed without an answer";
    case CURLE_PARTIAL_FILE:
      return "the connection was closed in the middle of the response body";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return answer_.headers_complete
                 ? "the connection was reset in the middle of the response body"
                 : "the connection was reset before the response headers ended";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return "the answer is not HTTP";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return "TLS: " + describe_tls_failure(code);
    default:
      return detail(code);
  }
}

std::string HttpProbe::describe_tls_failure(CURLcode code) const {
  if (code == CURLE_SSL_CACERT_BADFILE) return "cannot read the CAs in " + settings_.ca_file;
  const std::string text = detail(code);
  constexpr std::string_view kName = "target host name ";
  if (const std::size_t name = text.find(kName); name != std::string::npos) {
    return "the certificate is not for " + text.substr(name + kName.size());
  }
  // SSL_ERROR_SYSCALL, "Connection reset by peer", and whatever else ends a connection.
  if (text.starts_with("OpenSSL SSL_connect: "))
    return "the connection was closed in the handshake";
  for (const std::string_view prefix : {"SSL certificate problem: ", "SSL: "}) {
    if (text.starts_with(prefix)) return text.substr(prefix.size());
  }
  // "OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number"
  if (text.find("error:") != std::string::npos) return text.substr(text.rfind(':') + 1);
  return text;
}

/// See tcp.cpp. The request comes back as an answer, which no HTTP client takes for one.
bool HttpProbe::is_connected_to_itself() const {
  const char* local = nullptr;
  const char* remote = nullptr;
  long local_port = 0;
  long remote_port = 0;
  curl_easy_getinfo(handle_, CURLINFO_LOCAL_IP, &local);
  curl_easy_getinfo(handle_, CURLINFO_PRIMARY_IP, &remote);
  curl_easy_getinfo(handle_, CURLINFO_LOCAL_PORT, &local_port);
  curl_easy_getinfo(handle_, CURLINFO_PRIMARY_PORT, &remote_port);
  return local_port != 0 && local_port == remote_port && local != nullptr && remote != nullptr &&
         std::string_view(local) == remote;
}

bool HttpProbe::has_passed(CURLINFO time) const {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(handle_, time, &microseconds);
  return microseconds > 0;
}

std::string HttpProbe::awaited() const {
  if (answer_.headers_complete) return "end of the response body";
  if (!has_passed(CURLINFO_NAMELOOKUP_TIME_T)) return "address for " + settings_.target;
  // With TLS, curl 7.88 sets the time of the connection only after the handshake.
  if (answer_.tls_begun && !has_passed(CURLINFO_APPCONNECT_TIME_T)) return "TLS handshake";
  if (!has_passed(CURLINFO_CONNECT_TIME_T)) return "connection";
  return "response headers";
}

class HttpRunner : public Runner {
 public:
  HttpRunner(boost::asio::io_context& io, Scheme scheme)
      : scheme_(scheme), loop_(CurlLoop::make(io)) {}

  std::unique_ptr<Probe> start(const model::Settings& settings, Finish finish) override {
    CURL* handle = loop_->take_handle();
    if (handle == nullptr) {
      finish(could_not_run("out of memory"));
      return nullptr;
    }
    auto probe = std::make_unique<HttpProbe>(loop_, handle,
                                             read_http_settings(settings, scheme_), finish);
    if (const CURLcode code = probe->start(); code != CURLE_OK) {
      finish(could_not_run(curl_easy_strerror(code)));
      return nullptr;
    }
    return probe;
  }

 private:
  Scheme scheme_;
  std::shared_ptr<CurlLoop> loop_;
};

template <Scheme scheme>
Kind make_kind(std::string_view doc) {
  return {{to_string(scheme), doc, http_setting_specs(scheme),
           [](const model::Settings& settings) { return validate_http(settings, scheme); },
           [](const model::Settings& settings) -> std::optional<SocketAddress> {
             const auto target = SocketAddress::parse(read_http_settings(settings, scheme).target);
             return target ? std::optional(*target) : std::nullopt;
           },
           [](const model::Settings& settings, const IpAddress& address) {
             return aim_http(settings, scheme, address);
           },
           2},
          [](boost::asio::io_context& io) -> std::unique_ptr<Runner> {
            return std::make_unique<HttpRunner>(io, scheme);
          }};
}

}  // namespace

Kind http_kind() {
  return make_kind<Scheme::http>("passes when an HTTP request gets an expected status");
}

Kind https_kind() {
  return make_kind<Scheme::https>(
      "passes when an HTTP request over TLS gets an expected status from a server with a valid "
      "certificate");
}

}  // namespace vipherd::probe
