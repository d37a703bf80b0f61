// What can be asked for: one table of routes, and what follows from it. A request becomes a typed
// call or is refused, an unknown path is answered with those that there are, and the description
// of the API (/openapi.json) has what the table has. Pure: carries nothing out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "vipherd/api/request.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/command.hpp"
#include "vipherd/model/health.hpp"
#include "vipherd/model/history.hpp"
#include "vipherd/model/scope.hpp"

namespace vipherd::api {

namespace call {
struct Health {
  model::ServiceScope scope;
  model::Strictness strictness;
};
struct Status {
  bool recent = false;  ///< with the last results of each check
};
struct Events {
  model::HistoryFilter filter;
  std::optional<std::uint64_t> after;  ///< an ID; nullopt: the newest
  std::size_t limit = 0;
};
struct EventStream {
  model::HistoryFilter filter;
  std::optional<std::uint64_t> after;  ///< an ID; nullopt: only what is new
};
struct Metrics {};
/// A file of the status page.
struct PageFile {
  std::string_view content_type;
  std::string_view content;
};
/// What describe() says.
struct Description {};
/// Stop, and leave everything announced for the next agent.
struct HandOver {
  static constexpr std::string_view kHelp =
      "End the agent for a successor: everything stays announced until it is there";
};
/// Read the configuration again, and tell what came of it.
struct Reload {
  static constexpr std::string_view kHelp =
      "Read the configuration again: it is in force afterwards, or every error is told";
};
/// Ask FRR's daemons now what they hold of the VIP, and show the status that follows.
struct Observe {
  IpAddress vip;
};
}  // namespace call

using Call = std::variant<call::Health, call::Status, call::Events, call::EventStream,
                          call::Metrics, call::PageFile, call::Description, model::Command,
                          call::HandOver, call::Reload, call::Observe>;

class Query;

/// What a route reads of a request that is its own.
struct Arguments {
  std::string where;  ///< the path up to what is named in it, for messages: "/v1/services/NAME"
  std::string name;   ///< what stands there, decoded; empty if the path has no place for it
  const Query* query = nullptr;      ///< of the route's parameters
  std::string_view last_event_id{};  ///< as it came; empty: none
};

/// A parameter of the query.
struct Parameter {
  enum class Kind : std::uint8_t {
    flag,         ///< 1
    percent,      ///< 0 to 100
    http_status,  ///< 200 or 503
    text,         ///< one line
    duration,     ///< "30m"
    event,        ///< the ID of one
    count,        ///< from 1 on
    name,
    address
  };
  std::string_view name;
  Kind kind;
  bool required;
  std::string_view help;
};

enum class Method : std::uint8_t {
  get,  ///< and so HEAD: reads
  post  ///< changes something: over the control socket alone
};

/// What a request that is carried out is answered with.
enum class Answer : std::uint8_t {
  health,
  status,
  events,
  stream,
  metrics,
  description,
  page,
  reached,
  reloaded
};

struct Route {
  Method method;
  std::string_view path;  ///< "/v1/services/{NAME}/drain"
  std::string_view help;  ///< one line
  std::span<const Parameter> query;
  Answer answer;
  /// Fails with a sentence that says what was expected.
  Result<Call> (*read)(const Arguments& arguments);
};

std::span<const Route> routes();

/// By method, path and query alone. What is no call is answered: 404 with the paths that there are,
/// 405 with the methods of this one, 400 with what was expected. Each segment of the path is
/// percent-decoded, once, after it was cut out.
std::variant<Call, Response> understand(const Request& request);

/// Nothing but its own files and the agent's answers may be loaded, and nothing else may frame it.
Response answer_of(const call::PageFile& file);

/// The path and query under which the command is understood: "/v1/services/web/drain?force=1".
std::string target_of(const model::Command& command);

/// The table as an OpenAPI document, in JSON.
const std::string& describe();

}  // namespace vipherd::api
