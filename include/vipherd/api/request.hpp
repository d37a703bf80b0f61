// A request to the endpoint or to the control socket, and its answer, without how they travel.
#pragma once

#include <string>
#include <string_view>

namespace vipherd::api {

struct Request {
  /// "GET" or "HEAD" (whose answer is sent without its body); over a UNIX socket also "POST".
  std::string_view method;
  std::string_view path;   ///< without the query
  std::string_view query;  ///< what follows the '?', as it came
  std::string_view body;
};
struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow{};  ///< of a 405: the methods of this path
};

}  // namespace vipherd::api
