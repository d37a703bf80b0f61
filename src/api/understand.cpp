// A request against the table of routes.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "api/query.hpp"
#include "vipherd/api/routes.hpp"
#include "vipherd/base/join.hpp"
#include "vipherd/base/percent.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::api {
namespace {

using Segments = std::vector<std::string>;

Response refuse(unsigned status, std::string_view why) {
  return {status, "application/json", wire::encode_error(why)};
}

/// Cuts off the first segment of a path, which begins with a slash.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

/// Decoded one by one, so that an encoded slash separates nothing; nullopt: cannot be decoded.
std::optional<Segments> segments_of(std::string_view path) {
  Segments segments;
  while (path.starts_with('/')) {
    auto segment = percent_decode(take_segment(path));
    if (!segment) return std::nullopt;
    segments.push_back(std::move(*segment));
  }
  return segments;
}

/// "/v1/services/NAME" of "/v1/services/{NAME}/drain"; the path is printed so, too.
std::string without_braces(std::string_view path) {
  std::string plain(path);
  std::erase_if(plain, [](char letter) { return letter == '{' || letter == '}'; });
  return plain;
}

/// What the segments have in the place of "{NAME}"; nullopt: it is another path.
std::optional<Arguments> match(std::string_view pattern, const Segments& path) {
  Arguments found;
  const std::string_view whole = pattern;
  for (const std::string& segment : path) {
    if (pattern.empty()) return std::nullopt;
    const std::string_view expected = take_segment(pattern);
    if (expected.starts_with('{')) {
      found.where = without_braces(whole.substr(0, whole.size() - pattern.size()));
      found.name = segment;
    } else if (segment != expected) {
      return std::nullopt;
    }
  }
  if (!pattern.empty()) return std::nullopt;
  return found;
}

/// "/health, /health/SERVICE, /v1/status"; of paths below one that differ in the last segment
/// alone only that one is repeated.
std::string list_of(Method method) {
  std::string list;
  std::string_view last;
  for (const Route& route : routes()) {
    // A page's parts are asked for by the page.
    if (route.method != method || (route.answer == Answer::page && route.path != "/")) continue;
    const std::string_view folder = route.path.substr(0, route.path.rfind('/') + 1);
    append_item(list,
                without_braces(folder == last && folder != "/" ? route.path.substr(folder.size())
                                                               : route.path));
    last = folder;
  }
  return list;
}

Response not_found() {
  static const std::string kPaths = "there are GET " + list_of(Method::get) +
                                    ", and on the control socket POST " + list_of(Method::post);
  return refuse(404, kPaths);
}

bool is_of(Method method, std::string_view text) {
  return (text == "GET" || text == "HEAD") == (method == Method::get);
}

Response wrong_method(bool reads, bool changes) {
  Response refusal = refuse(405, !changes ? "expected GET or HEAD"
                                 : !reads ? "expected POST"
                                          : "expected GET, HEAD or POST");
  refusal.allow = !changes ? "GET, HEAD" : !reads ? "POST" : "GET, HEAD, POST";
  return refusal;
}

}  // namespace

std::variant<Call, Response> understand(const Request& request) {
  const auto path = segments_of(request.path);
  if (!path) return refuse(400, "expected a path in which every '%' is followed by two digits");
  bool reads = false;
  bool changes = false;
  for (const Route& route : routes()) {
    auto arguments = match(route.path, *path);
    if (!arguments) continue;
    reads = reads || route.method == Method::get;
    changes = changes || route.method == Method::post;
    if (!is_of(route.method, request.method)) continue;
    // What would change something is refused if any of it is not understood: dropped in silence it
    // would be taken for executed.
    if (route.method == Method::post) {
      if (route.query.empty() && !request.query.empty()) return refuse(400, "expected no query");
      if (!request.body.empty()) return refuse(400, "expected no body");
    }
    const auto query = Query::read(route.query.empty() ? "" : request.query, route.query);
    if (!query) return refuse(400, query.error().what);
    arguments->query = &*query;
    arguments->last_event_id = request.last_event_id;
    auto call = route.read(*arguments);
    if (!call) return refuse(400, call.error().what);
    return std::move(*call);
  }
  return reads || changes ? wrong_method(reads, changes) : not_found();
}

}  // namespace vipherd::api
