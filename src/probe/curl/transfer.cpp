#include "probe/curl/transfer.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>

#include "vipherd/files/files.hpp"
#include "vipherd/probe/connect_error.hpp"
#include "vipherd/probe/self_connection.hpp"
#include "vipherd/probe/vrf.hpp"
#include "vipherd/wire/url.hpp"

namespace vipherd::probe::curl {
namespace {

constexpr const char* kUserAgent = "vipherd/" VIPHERD_VERSION;
/// The authorities are parsed once for many probes; a changed file is read after this many seconds.
constexpr long kAuthoritiesKept = 60;
/// The authorities of a whole system take 200 KiB.
constexpr std::size_t kLargestPem = std::size_t{16} << 20;

long curl_version_of(HttpVersion version, bool tls) {
  switch (version) {
    case HttpVersion::http1:
      return CURL_HTTP_VERSION_1_1;
    case HttpVersion::http2:
      return tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  }
  return CURL_HTTP_VERSION_NONE;
}

/// What stands behind the last colon: OpenSSL's own word of a long line.
std::string last_part(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  return colon == std::string::npos ? text : text.substr(colon + 1);
}

/// SSL_R_UNEXPECTED_EOF_WHILE_READING of OpenSSL 3, as it stands in its messages.
constexpr std::string_view kUnexpectedEof = "error:0A000126:";

bool is_https(const std::string& url) {
  const auto parsed = wire::parse_url(url);
  return parsed && parsed->scheme == "https";
}

std::optional<IpAddress> address_of(const curl_sockaddr& to) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&to.addr);
  if (to.family == AF_INET && to.addrlen >= sizeof(sockaddr_in)) {
    return IpAddress::from_bytes({bytes + offsetof(sockaddr_in, sin_addr), 4});
  }
  if (to.family == AF_INET6 && to.addrlen >= sizeof(sockaddr_in6)) {
    return IpAddress::from_bytes({bytes + offsetof(sockaddr_in6, sin6_addr), 16});
  }
  return std::nullopt;
}

}  // namespace

void connect_by_address(Request& request, std::string_view scheme, const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string& name = request.tls.server_name;
  if (name.empty()) name = address.substr(0, colon);
  request.target = address;
  request.url = std::string(scheme) + "://" + name + address.substr(colon);
  request.connect_to = {"::" + address};
}

Transfer::Transfer(std::shared_ptr<Loop> loop, const Request& request, Asker asker, Reader& reader)
    : loop_(std::move(loop)),
      request_(request),
      asker_(std::move(asker)),
      reader_(reader),
      handle_(loop_->take_handle()) {
  if (handle_ != nullptr) set_options();
}

Transfer::~Transfer() {
  if (handle_ != nullptr) loop_->give_back(handle_);
}

std::optional<Outcome> Transfer::start() {
  if (handle_ == nullptr) return could_not_run("out of memory");
  if (unreadable_) return could_not_run(*unreadable_);
  if (refused_ != CURLE_OK) return could_not_run(curl_easy_strerror(refused_));
  const auto on_end = [this](CURLcode code) { reader_.on_end(code); };
  if (!loop_->start(handle_, on_end)) return could_not_run("out of memory");
  return std::nullopt;
}

// ------------------------------------------------------------------ options

void Transfer::set_list(CURLoption option, List& list, const std::vector<std::string>& items) {
  for (const std::string& item : items) {
    curl_slist* longer = curl_slist_append(list.get(), item.c_str());
    if (longer == nullptr) {
      refused_ = CURLE_OUT_OF_MEMORY;
      return;
    }
    static_cast<void>(list.release());
    list.reset(longer);
  }
  if (list) set(option, list.get());
}

void Transfer::set_options() {
  set(CURLOPT_ERRORBUFFER, error_.data());
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
  set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  set_request();
  set_tls();
}

void Transfer::set_request() {
  const bool tls = is_https(request_.url);
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, curl_version_of(request_.version, tls));
  set(CURLOPT_USERAGENT, kUserAgent);
  if (request_.only_handshake) {
    set(CURLOPT_CONNECT_ONLY, 1L);
    set(CURLOPT_SSL_ENABLE_ALPN, 0L);
  }
  if (request_.body) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body->size()));
    set(CURLOPT_POSTFIELDS, request_.body->c_str());
  }
  if (request_.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request_.method != (request_.body ? "POST" : "GET")) {
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  set(CURLOPT_FOLLOWLOCATION, request_.redirects > 0 ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, static_cast<long>(request_.redirects));
  // What was asked for under TLS is not taken from a server that answers without.
  set(CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
  set_list(CURLOPT_HTTPHEADER, headers_, request_.headers);
  set_list(CURLOPT_CONNECT_TO, connect_to_, request_.connect_to);
  if (!request_.unix_socket.empty()) {
    set(CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
  }
}

void Transfer::set_tls() {
  const TlsSettings& tls = request_.tls;
  set(CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_tls);
  set(CURLOPT_SSL_CTX_DATA, this);
  set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  // The system's folder would be trusted besides the file, and nothing would be kept.
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set(CURLOPT_CA_CACHE_TIMEOUT, kAuthoritiesKept);
  if (!tls.verify) {
    set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
  } else if (!tls.ca_file.empty()) {
    set_authorities(tls.ca_file);
  }
  if (!tls.client_cert.empty()) {
    set_pem(CURLOPT_SSLCERT_BLOB, tls.client_cert);
    set_pem(CURLOPT_SSLKEY_BLOB, tls.client_key.empty() ? tls.client_cert : tls.client_key);
    // OpenSSL would ask for a passphrase at the terminal, and wait.
    set(CURLOPT_KEYPASSWD, "");
  }
  if (tls.expiry) set(CURLOPT_CERTINFO, 1L);
}

/// By its name, because curl keeps what it has parsed only of a file. It would also wait for the
/// writer of a FIFO, hence the look before.
void Transfer::set_authorities(const std::string& path) {
  const auto readable = files::check_readable(path, kLargestPem);
  if (readable) {
    set(CURLOPT_CAINFO, path.c_str());
  } else {
    unreadable_ = readable.error().what;
  }
}

void Transfer::set_pem(CURLoption option, const std::string& path) {
  auto text = files::read(path, kLargestPem);
  if (text) {
    curl_blob blob{text->data(), text->size(), CURL_BLOB_COPY};
    set(option, &blob);
  } else {
    unreadable_ = text.error().what;
  }
}

// ------------------------------------------------------------------ curl's callbacks

/// Called when the handshake is about to begin.
CURLcode Transfer::on_tls(CURL*, void*, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  transfer->tls_begun_ = true;
  // Since curl 8 nothing is known any more of a connection whose handshake has failed.
  transfer->has_met_itself_ =
      std::ranges::any_of(transfer->sockets_, &probe::is_connected_to_itself);
  return CURLE_OK;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const std::string_view line(data, size * count);
  return static_cast<Transfer*>(self)->reader_.on_header(line) ? line.size() : 0;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  const std::string_view bytes(data, size * count);
  return static_cast<Transfer*>(self)->reader_.on_body(bytes) ? bytes.size() : 0;
}

// ------------------------------------------------------------------ the end

Outcome Transfer::failure(CURLcode code, bool has_headers) const {
  if (code == CURLE_COULDNT_CONNECT && elsewhere_) {
    return could_not_run("it would ask the VIP " + elsewhere_->to_string() +
                         ", which another node may answer");
  }
  const int error = connect_error(code);
  if (error != 0) return connect_failure(target(), error, asker_.vrf);
  return {false, describe(code, has_headers)};
}

Outcome Transfer::with_expiry(Outcome passed) const {
  if (!request_.tls.expiry) return passed;
  return evaluate_expiry(std::move(passed), *request_.tls.expiry, request_.tls.server_name,
                         earliest_expiry(handle_), std::chrono::system_clock::now());
}

std::string Transfer::detail(CURLcode code) const {
  return error_.front() != '\0' ? error_.data() : curl_easy_strerror(code);
}

/// As curl does it without us, but for the errno of a failure, which it does not tell. Fails also
/// when there is no second descriptor left for the loop to watch the first one by.
curl_socket_t Transfer::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  // A name, or whereto a redirect leads, is known only now.
  const auto to = address_of(*address);
  if (to && static_cast<Transfer*>(self)->asker_.must_not_ask(*to)) {
    static_cast<Transfer*>(self)->elsewhere_ = to->unmapped();
    return CURL_SOCKET_BAD;
  }
  const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  const int spare = socket < 0 ? -1 : ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (spare < 0) {
    static_cast<Transfer*>(self)->open_error_ = errno;
    if (socket >= 0) ::close(socket);
    return CURL_SOCKET_BAD;
  }
  ::close(spare);
  auto* transfer = static_cast<Transfer*>(self);
  if (address->family != AF_UNIX) {
    transfer->open_error_ = bind_to_vrf(socket, transfer->asker_.vrf);
  }
  if (transfer->open_error_ == 0) {
    transfer->sockets_.push_back(socket);
    return socket;
  }
  ::close(socket);
  return CURL_SOCKET_BAD;
}

/// The errno of a socket() or connect() that failed, or 0.
int Transfer::connect_error(CURLcode code) const {
  if (code == CURLE_COULDNT_CONNECT && open_error_ != 0) return open_error_;
  if (has_met_itself_ || is_connected_to_itself()) return ECONNREFUSED;
  return code == CURLE_COULDNT_CONNECT ? static_cast<int>(os_error()) : 0;
}

/// Of the last system call on a socket that failed, or 0.
long Transfer::os_error() const {
  long error = 0;
  curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &error);
  return error;
}

std::string Transfer::describe(CURLcode code, bool has_headers) const {
  // NOLINTNEXTLINE: curl knows more than a hundred codes, and newer versions have more
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return "cannot connect to " + target();
    case CURLE_COULDNT_RESOLVE_HOST:
      return "the host name of " + target() + " cannot be resolved";
    case CURLE_GOT_NOTHING:
      return request_.version == HttpVersion::http2
                 ? "the connection was closed without an answer in HTTP/2"
                 : "the connection was closed without an answer";
    case CURLE_PARTIAL_FILE:
      return has_headers ? "the connection was closed in the middle of the response body"
                         : "the connection was closed before the response headers ended";
    case CURLE_TOO_MANY_REDIRECTS:
      return "more than " + std::to_string(request_.redirects) +
             (request_.redirects == 1 ? " redirect" : " redirects");
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      // "Illegal or missing hexadecimal sequence in chunked-encoding" of curl 7.88, "chunk
      // hex-length char not a hex digit: 0x6e" of 8.14, and others: there is no code for these
      // alone.
      if (detail(code).find("chunk") != std::string::npos) {
        return "the chunks of the response body are malformed";
      }
      // Under TLS 1.3 a server says only now what it thinks of our certificate.
      if (detail(code).find("alert") != std::string::npos) return "TLS: " + describe_tls(code);
      return has_headers ? "the connection was reset in the middle of the response body"
                         : "the connection was reset before the response headers ended";
    case CURLE_HTTP2:
      // The whole connection is meant. Also of a server that answers in HTTP/1.1, since curl 8.
      if (!has_headers) return "the connection was closed without an answer in HTTP/2";
      [[fallthrough]];
    case CURLE_HTTP2_STREAM:
      return has_headers ? "the HTTP/2 stream was reset in the middle of the response body"
                         : "the HTTP/2 stream was reset before the response headers ended";
    case CURLE_UNSUPPORTED_PROTOCOL:
      // curl says the same of a status line that is none.
      if (request_.redirects > 0 && !may_follow(effective_url())) return describe_redirect();
      return "the answer is not HTTP";
    case CURLE_WEIRD_SERVER_REPLY:
      return "the answer is not HTTP";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
      return "TLS: " + describe_tls(code);
    default:
      return detail(code);
  }
}

std::string Transfer::describe_tls(CURLcode code) const {
  const TlsSettings& tls = request_.tls;
  if (code == CURLE_SSL_CACERT_BADFILE) return "cannot read the CAs in " + tls.ca_file;
  std::string text = detail(code);
  if (code == CURLE_SSL_CERTPROBLEM) {
    const bool key = text.find("private key") != std::string::npos;
    const std::string& file = key && !tls.client_key.empty() ? tls.client_key : tls.client_cert;
    return (key ? "cannot use the client's key in " : "cannot use the client's certificate in ") +
           file;
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION && is_certificate_of_another_name()) {
    const auto url = wire::parse_url(effective_url());
    return "the certificate is not for '" + (url ? url->host : "") + "'";
  }
  for (const std::string_view prefix : {"SSL certificate problem: ", "SSL: "}) {
    if (text.starts_with(prefix)) return text.substr(prefix.size());
  }
  // "OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number", and "TLS connect error:
  // error:0A00010B:SSL ..." since curl 8, which hears of the end of a connection in this way, too.
  const bool ended = text.find(kUnexpectedEof) != std::string::npos;
  if (!ended && text.find("error:") != std::string::npos) return last_part(text);
  // "OpenSSL SSL_connect: SSL_ERROR_SYSCALL" of curl 7.88; "Send failure: Broken pipe", "Recv
  // failure: Connection reset by peer", and whatever else ends a connection, with an errno.
  if (code == CURLE_SSL_CONNECT_ERROR &&
      (ended || os_error() != 0 || text.starts_with("OpenSSL SSL_connect: "))) {
    return "the connection was closed in the handshake";
  }
  return text;
}

/// curl compares names by itself, and only of a chain that OpenSSL took. What OpenSSL found is then
/// either its X509_V_OK, or still curl's first value, which stands for none:
/// X509_V_ERR_UNSPECIFIED.
bool Transfer::is_certificate_of_another_name() const {
  long result = 0;
  curl_easy_getinfo(handle_, CURLINFO_SSL_VERIFYRESULT, &result);
  return result == 0 || result == 1;
}

/// Whether a redirect may lead there: what was asked for under TLS is not asked without.
bool Transfer::may_follow(const std::string& url) const {
  const auto parsed = wire::parse_url(url);
  return parsed &&
         (parsed->scheme == "https" || (parsed->scheme == "http" && !is_https(request_.url)));
}

/// What was asked last, or as much of it as a sentence bears.
std::string Transfer::effective_url() const {
  const char* url = nullptr;
  curl_easy_getinfo(handle_, CURLINFO_EFFECTIVE_URL, &url);
  const std::string_view text = url != nullptr ? url : "";
  constexpr std::size_t kMost = 100;
  return std::string(text.substr(0, kMost)) + (text.size() > kMost ? "..." : "");
}

std::string Transfer::redirected() const {
  long count = 0;
  curl_easy_getinfo(handle_, CURLINFO_REDIRECT_COUNT, &count);
  return count > 0 ? " (redirected to " + effective_url() + ")" : "";
}

/// What is connected to, for people: after a redirect the host and port of the last URL.
std::string Transfer::target() const {
  long count = 0;
  const char* url = nullptr;
  curl_easy_getinfo(handle_, CURLINFO_REDIRECT_COUNT, &count);
  curl_easy_getinfo(handle_, CURLINFO_EFFECTIVE_URL, &url);
  if (count == 0 || url == nullptr || !request_.connect_to.empty()) return request_.target;
  const auto last = wire::parse_url(url);
  return last ? last->host + ":" + last->port_or_default() : request_.target;
}

/// A redirect that was not to be followed.
std::string Transfer::describe_redirect() const {
  return "redirected to " + effective_url() +
         (is_https(request_.url) ? ", which is not HTTPS" : ", which is not HTTP");
}

/// See self_connection.hpp. The request comes back as an answer, which no HTTP client takes for
/// one.
bool Transfer::is_connected_to_itself() const {
  const char* local = nullptr;
  const char* remote = nullptr;
  long local_port = 0;
  long remote_port = 0;
  curl_easy_getinfo(handle_, CURLINFO_LOCAL_IP, &local);
  curl_easy_getinfo(handle_, CURLINFO_PRIMARY_IP, &remote);
  curl_easy_getinfo(handle_, CURLINFO_LOCAL_PORT, &local_port);
  curl_easy_getinfo(handle_, CURLINFO_PRIMARY_PORT, &remote_port);
  // Of no connection at all curl 7.88 says 0, 8.14 says -1.
  return local_port > 0 && local_port == remote_port && local != nullptr && remote != nullptr &&
         std::string_view(local) == remote;
}

bool Transfer::has_passed(CURLINFO time) const {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(handle_, time, &microseconds);
  return microseconds > 0;
}

std::string Transfer::awaited() const {
  if (!has_passed(CURLINFO_NAMELOOKUP_TIME_T)) return "address for " + target();
  // With TLS, curl 7.88 sets the time of the connection only after the handshake.
  if (tls_begun_ && !has_passed(CURLINFO_APPCONNECT_TIME_T)) return "TLS handshake";
  if (!has_passed(CURLINFO_CONNECT_TIME_T)) return "connection";
  return "response headers";
}

}  // namespace vipherd::probe::curl
