#include "cli/ask.hpp"

#include <curl/curl.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "vipherd/api/request.hpp"
#include "vipherd/base/numbers.hpp"
#include "vipherd/files/files.hpp"
#include "vipherd/wire/json/control.hpp"

namespace vipherd::cli {
namespace {

constexpr std::size_t kLargestBody = std::size_t{64} << 20;

std::size_t append(char* data, std::size_t, std::size_t size, void* target) {
  auto* body = static_cast<std::string*>(target);
  if (body->size() + size > kLargestBody) return 0;
  body->append(data, size);
  return size;
}

struct Cleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

/// "GET http://127.0.0.1:21180/v1/status", "POST /v1/probe on /run/vipherd/control.sock"
std::string name_of(const Endpoint& endpoint, const std::string& method, const std::string& path) {
  return method + " " +
         (endpoint.socket.empty() ? endpoint.url + path : path + " on " + endpoint.socket);
}

/// What it means that the control socket cannot be connected to.
const char* meaning_of(int number) {
  switch (number) {
    case ENOENT:
      return ": no agent runs, or its socket is elsewhere (api.control_socket, --socket)";
    case EACCES:
      return ": only root and the agent's user and group may use it";
    case ECONNREFUSED:
      return ": its agent runs no more";
    default:
      return "";
  }
}

/// Of a UNIX socket that could not be connected to curl says no more than that.
std::string cause_of(const Endpoint& endpoint, CURL* handle, CURLcode code, const char* told) {
  long number = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &number);
  if (!endpoint.socket.empty() && code == CURLE_COULDNT_CONNECT && number != 0) {
    return std::strerror(static_cast<int>(number)) +
           std::string(meaning_of(static_cast<int>(number)));
  }
  return *told != 0 ? told : curl_easy_strerror(code);
}

/// What all requests have in common; the URL is copied.
void prepare(CURL* handle, const Endpoint& endpoint, const std::string& path, char* reason) {
  const std::string url = (endpoint.socket.empty() ? endpoint.url : "http://vipherd") + path;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  if (!endpoint.socket.empty()) {
    curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, endpoint.socket.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// Who has logged in, before any sudo: the kernel remembers it, where there was a
/// login at all (proc(5), loginuid).
std::string login_name() {
  const auto text = files::read("/proc/self/loginuid", 64);
  const auto number = text ? parse_number<std::uint32_t>(*text) : std::nullopt;
  if (number && *number != UINT32_MAX) {
    if (const passwd* person = ::getpwuid(*number)) return person->pw_name;
  }
  const char* sudo = std::getenv("SUDO_USER");
  return sudo != nullptr ? sudo : "";
}

/// A curl header with nothing after the colon is none.
std::string login_header() { return std::string(api::kLoginField) + ": " + login_name(); }

using Take = std::function<bool(std::string_view)>;

std::size_t take_piece(char* data, std::size_t, std::size_t size, void* target) {
  return (*static_cast<const Take*>(target))({data, size}) ? size : 0;
}

}  // namespace

Endpoint endpoint_of(const std::string& socket, const std::string& url) {
  if (url.empty()) return {socket, ""};
  const std::size_t end = url.find_last_not_of('/');
  return {"", url.substr(0, end == url.npos ? 0 : end + 1)};
}

Result<Answer> ask(const Endpoint& endpoint, const std::string& method, const std::string& path) {
  const std::unique_ptr<CURL, Cleanup> handle(curl_easy_init());
  if (!handle) return fail("libcurl could not be started");
  Answer answer;
  std::array<char, CURL_ERROR_SIZE> reason{};
  std::unique_ptr<curl_slist, FreeList> headers;
  prepare(handle.get(), endpoint, path, reason.data());
  if (method == "POST") {
    curl_easy_setopt(handle.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE, 0L);
    headers.reset(curl_slist_append(nullptr, login_header().c_str()));
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  }
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(endpoint.patience.count()));
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &answer.body);
  const CURLcode code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) {
    return fail(name_of(endpoint, method, path) + ": " +
                cause_of(endpoint, handle.get(), code, reason.data()));
  }
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

Result<void> follow(const Endpoint& endpoint, const std::string& path, const Take& take) {
  const std::unique_ptr<CURL, Cleanup> handle(curl_easy_init());
  if (!handle) return fail("libcurl could not be started");
  std::array<char, CURL_ERROR_SIZE> reason{};
  prepare(handle.get(), endpoint, path, reason.data());
  curl_easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(endpoint.patience.count()));
  curl_easy_setopt(handle.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_LOW_SPEED_TIME, 60L);
  curl_easy_setopt(handle.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, take_piece);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &take);
  const CURLcode code = curl_easy_perform(handle.get());
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 200) return {};  // however it has ended
  return fail(name_of(endpoint, "GET", path) + ": " +
              cause_of(endpoint, handle.get(), code, reason.data()));
}

Result<std::string> ask_for_200(const Endpoint& endpoint, const std::string& method,
                                const std::string& path) {
  auto answer = ask(endpoint, method, path);
  if (!answer) return answer.error();
  if (answer->status != 200) {
    const std::string told = wire::decode_error(answer->body);
    return fail(name_of(endpoint, method, path) + ": answered " + std::to_string(answer->status) +
                (told.empty() ? "" : ": " + told));
  }
  // A string could also be the error's: said explicitly.
  return {boost::system::in_place_value, std::move(answer->body)};
}

bool is_listened_to(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) return false;
  socket.copy(address.sun_path, socket.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool connected =
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(descriptor);
  return connected;
}

}  // namespace vipherd::cli
