#include "api/query.hpp"

#include <algorithm>
#include <utility>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/join.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/base/numbers.hpp"
#include "vipherd/base/percent.hpp"
#include "vipherd/base/printable.hpp"
#include "vipherd/model/instruction.hpp"

namespace vipherd::api {
namespace {

using Kind = Parameter::Kind;

constexpr Duration kShortestFor = std::chrono::seconds(1);

bool is_number_up_to(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto number = parse_number<std::uint64_t>(text);
  return number && *number >= least && *number <= most;
}

bool is_of_kind(Kind kind, const std::string& value) {
  switch (kind) {
    case Kind::flag:
      return value == "1";
    case Kind::percent:
      return is_number_up_to(value, 0, 100);
    case Kind::http_status:
      return value == "200" || value == "503";
    case Kind::text:
      return !value.empty() && value.size() <= model::kLongestReason && printable(value) == value;
    case Kind::duration: {
      const auto duration = parse_duration(value);
      return duration && *duration >= kShortestFor && *duration <= model::kLongestFor;
    }
    case Kind::event:
      return is_number_up_to(value, 0, UINT64_MAX);
    case Kind::count:
      return is_number_up_to(value, 1, kMostEventsAtOnce);
    case Kind::name:
      return is_name(value);
    case Kind::address:
      return IpAddress::parse(value).has_value();
  }
  return false;
}

std::string expectation(const Parameter& parameter) {
  std::string key = std::string(parameter.name) + "=";
  switch (parameter.kind) {
    case Kind::flag:
      return key + "1";
    case Kind::percent:
      return key + "N (1 to 100, or 0 for the configured weight)";
    case Kind::http_status:
      return key + "200 or " + key + "503";
    case Kind::text:
      return key + "TEXT (one line of at most " + std::to_string(model::kLongestReason) + " bytes)";
    case Kind::duration:
      return key + "TIME (30m, 2h; 1s to 365d)";
    case Kind::event:
      return key + "ID (of an event)";
    case Kind::count:
      return key + "N (1 to " + std::to_string(kMostEventsAtOnce) + ")";
    case Kind::name:
      return key + "NAME";
    case Kind::address:
      return key + "ADDRESS";
  }
  return key;
}

Error error(std::string_view what, std::span<const Parameter> parameters) {
  std::string text(what);
  if (!parameters.empty()) text += ": expected " + join(parameters, ", ", expectation);
  return fail(text + (parameters.size() > 1 ? ", each once at most" : ""));
}

}  // namespace

Result<Query> Query::read(std::string_view text, std::span<const Parameter> parameters) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end);
    if (text == "&") return error("nothing follows the last \"&\"", parameters);
    if (!text.empty()) text.remove_prefix(1);

    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view key = part.substr(0, equals);
    const auto value = percent_decode(part.substr(std::min(equals + 1, part.size())));
    const auto known = std::ranges::find(parameters, key, &Parameter::name);
    const std::string quoted = "\"" + std::string(part) + "\"";
    if (known == parameters.end()) return error(quoted + " is no parameter", parameters);
    if (!value || !is_of_kind(known->kind, *value)) {
      return error(quoted + " has no such value", parameters);
    }
    if (!query.values_.emplace(key, *value).second) {
      return error(quoted + " repeats a parameter", parameters);
    }
  }
  for (const Parameter& parameter : parameters) {
    if (parameter.required && !query.has(parameter.name)) {
      return error("\"" + std::string(parameter.name) + "\" is missing", parameters);
    }
  }
  return query;
}

const std::string* Query::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::optional<std::uint64_t> Query::number(std::string_view name) const {
  const std::string* value = find(name);
  return value == nullptr ? std::nullopt : parse_number<std::uint64_t>(*value);
}

}  // namespace vipherd::api
