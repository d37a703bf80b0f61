#include "cli/ask.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "vipherd/wire/control_json.hpp"

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
std::string name_of(const Door& door, const std::string& method, const std::string& path) {
  return method + " " + (door.socket.empty() ? door.url + path : path + " on " + door.socket);
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
std::string cause_of(const Door& door, CURL* handle, CURLcode code, const char* told) {
  long number = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &number);
  if (!door.socket.empty() && code == CURLE_COULDNT_CONNECT && number != 0) {
    return std::strerror(static_cast<int>(number)) +
           std::string(meaning_of(static_cast<int>(number)));
  }
  return *told != 0 ? told : curl_easy_strerror(code);
}

}  // namespace

Result<Answer> ask(const Door& door, const std::string& method, const std::string& path) {
  const std::unique_ptr<CURL, Cleanup> handle(curl_easy_init());
  if (!handle) return fail("libcurl could not be started");
  const std::string url = (door.socket.empty() ? door.url : "http://vipherd") + path;
  Answer answer;
  std::array<char, CURL_ERROR_SIZE> reason{};
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  if (!door.socket.empty()) {
    curl_easy_setopt(handle.get(), CURLOPT_UNIX_SOCKET_PATH, door.socket.c_str());
  }
  if (method == "POST") {
    curl_easy_setopt(handle.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE, 0L);
  }
  curl_easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle.get(), CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(door.patience.count()));
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, reason.data());
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &answer.body);
  const CURLcode code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) {
    return fail(name_of(door, method, path) + ": " +
                cause_of(door, handle.get(), code, reason.data()));
  }
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

Result<std::string> ask_for_200(const Door& door, const std::string& method,
                                const std::string& path) {
  auto answer = ask(door, method, path);
  if (!answer) return answer.error();
  if (answer->status != 200) {
    const std::string told = wire::decode_error(answer->body);
    return fail(name_of(door, method, path) + ": answered " + std::to_string(answer->status) +
                (told.empty() ? "" : ": " + told));
  }
  // A string could also be the error's: said explicitly.
  return {boost::system::in_place_value, std::move(answer->body)};
}

bool somebody_listens(const std::string& socket) {
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
