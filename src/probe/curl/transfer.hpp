// One transfer of libcurl, as every probe wants it: a connection of its own, no proxy, nothing
// that outlives it. Knows no kind of check: what an answer means is the reader's business; how a
// connection or a TLS handshake fails is told here, in the same words for all.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "probe/curl/loop.hpp"
#include "probe/curl/tls_settings.hpp"
#include "probe/kind.hpp"

namespace vipherd::probe::curl {

/// Of an answer; readers stop the transfer at more. In sentences: "64 KiB".
inline constexpr std::size_t kMostHeaders = std::size_t{64} << 10;

/// Who speaks HTTP how: as the connection begins, or agreed upon in the handshake.
enum class HttpVersion : std::uint8_t { http1, http2 };

/// What is asked for: made when a configuration is loaded.
struct Request {
  std::string url;     ///< its host is the name for SNI and certificate
  std::string target;  ///< what is connected to, for people: "127.0.0.1:80"
  std::string method = "GET";
  std::optional<std::string> body;
  std::vector<std::string> headers;     ///< "Name: value"
  std::vector<std::string> connect_to;  ///< for CURLOPT_CONNECT_TO
  std::string unix_socket;              ///< connect to this path instead
  HttpVersion version = HttpVersion::http1;
  bool only_handshake = false;  ///< end as soon as the connection could carry a request
  std::int64_t redirects = 0;   ///< how many are followed
  TlsSettings tls;
};

/// Sets what is connected to, "127.0.0.1:853", and the URL's scheme, host and port: the host is the
/// name for SNI and certificate, and this address unless the settings of TLS name another.
void connect_by_address(Request& request, std::string_view scheme, const std::string& address);

class Transfer {
 public:
  /// What comes is given to it from within curl, which it must not call; only on_end may destroy
  /// the transfer.
  class Reader {
   public:
    virtual bool on_header(std::string_view line) = 0;  ///< false stops the transfer
    virtual bool on_body(std::string_view bytes) = 0;   ///< false stops the transfer
    virtual void on_end(CURLcode code) = 0;

   protected:
    ~Reader() = default;
  };

  /// `request` and `reader` outlive it.
  Transfer(std::shared_ptr<Loop> loop, const Request& request, Asker asker, Reader& reader);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Why the transfer cannot even begin, or nothing.
  std::optional<Outcome> start();
  /// What it waits for, as long as no answer has come.
  std::string awaited() const;
  /// How a transfer ended that was to go on.
  Outcome failure(CURLcode code, bool has_headers) const;
  /// " (redirected to http://127.0.0.1:8080/)", or "": what a failure then speaks of.
  std::string redirected() const;
  /// `passed`, unless the certificates expire too early.
  Outcome with_expiry(Outcome passed) const;

 private:
  struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using List = std::unique_ptr<curl_slist, ListDeleter>;

  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle_, option, value);
    // Only for lack of memory, or of a feature that every build of curl has: the first
    // failure is what the probe fails with.
    if (code != CURLE_OK && refused_ == CURLE_OK) refused_ = code;
  }
  void set_list(CURLoption option, List& list, const std::vector<std::string>& items);
  void set_options();
  void set_request();
  void set_tls();
  void set_authorities(const std::string& path);
  void set_pem(CURLoption option, const std::string& path);

  static CURLcode on_tls(CURL*, void*, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

  static curl_socket_t on_open(void* self, curlsocktype type, curl_sockaddr* address);
  int connect_error(CURLcode code) const;
  std::string describe(CURLcode code, bool has_headers) const;
  std::string describe_tls(CURLcode code) const;
  std::string describe_redirect() const;
  std::string target() const;
  bool may_follow(const std::string& url) const;
  std::string effective_url() const;
  std::string detail(CURLcode code) const;
  bool has_passed(CURLINFO time) const;
  long os_error() const;
  bool is_connected_to_itself() const;
  bool is_certificate_of_another_name() const;

  std::shared_ptr<Loop> loop_;
  const Request& request_;
  const Asker asker_;
  Reader& reader_;
  CURL* handle_;
  List headers_;
  List connect_to_;
  bool tls_begun_ = false;
  std::vector<int> sockets_;     ///< that were opened for curl, which has closed some of them
  bool has_met_itself_ = false;  ///< one of them, when the handshake began
  CURLcode refused_ = CURLE_OK;
  std::optional<std::string> unreadable_;  ///< why a file of the settings cannot be read
  std::optional<IpAddress> elsewhere_;     ///< a VIP that was not asked
  int open_error_ = 0;                     ///< errno of a socket that could not be opened
  std::array<char, CURL_ERROR_SIZE> error_{};
};

/// Starts the transfer of a probe; null if it cannot even begin, of which `finish` was told then.
template <class CurlProbe>
std::unique_ptr<Probe> start_or_finish(std::unique_ptr<CurlProbe> probe, const Finish& finish) {
  auto refused = probe->start();
  if (!refused) return probe;
  finish(std::move(*refused));
  return nullptr;
}

}  // namespace vipherd::probe::curl
