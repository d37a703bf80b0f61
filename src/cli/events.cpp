// events: what has changed, and what changes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/event_stream.hpp"
#include "cli/output.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/base/percent.hpp"
#include "vipherd/base/printable.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/wire/json/history.hpp"

namespace vipherd::cli {
namespace {

using model::HistoryEntry;

constexpr std::size_t kAtOnce = 1000;
constexpr auto kRetryPause = std::chrono::seconds(1);

struct EventsOptions {
  std::string socket = model::ApiConfig{}.control_socket;
  std::string url;  ///< empty: the socket
  bool follow = false;
  bool json = false;
  std::optional<WallTime> since;
  std::size_t lines = 20;
  std::string service;
  std::string vip;
};

/// "10m", or "2026-01-31T12:00:00Z" with or without milliseconds.
std::optional<WallTime> read_since(const std::string& text) {
  if (const auto ago = parse_duration(text)) return std::chrono::system_clock::now() - *ago;
  if (const auto time = parse_wall_time(text)) return time;
  if (!text.ends_with('Z')) return std::nullopt;
  return parse_wall_time(text.substr(0, text.size() - 1) + ".000Z");
}

std::string id_of(WallTime time) {
  const auto id = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
  return std::to_string(id < 0 ? 0 : id);
}

/// "?after=17&service=web&vip=…": what is given, and of what events.
std::string query_of(const EventsOptions& options, const std::string& given) {
  std::string query = "?" + given;
  if (!options.service.empty()) query += "&service=" + percent_encode(options.service);
  if (!options.vip.empty()) query += "&vip=" + percent_encode(options.vip);
  return query;
}

void print(const EventsOptions& options, const HistoryEntry& entry) {
  if (options.json) return out_text(printable_json(wire::encode_entry(entry)) + "\n");
  std::string level(to_string(entry.level));
  level.resize(std::string("warning").size(), ' ');
  out_line(format_wall_time(entry.at) + "  " + level + "  " + entry.text);
}

/// Prints what there is; returns the ID of the last one, or why it failed.
Result<std::string> print_past(const EventsOptions& options) {
  std::string last = options.since ? id_of(*options.since) : "";
  // Also of none that is to be printed the newest is asked for: what follows begins after it.
  const std::size_t lines = std::max(options.lines, std::size_t{1});
  for (;;) {
    const std::string query = last.empty() ? "limit=" + std::to_string(lines)
                                           : "after=" + last + "&limit=" + std::to_string(kAtOnce);
    const auto body = ask_for_200(endpoint_of(options.socket, options.url), "GET",
                                  "/v1/events" + query_of(options, query));
    if (!body) return body.error();
    const auto entries = wire::decode_history(*body);
    if (!entries) return entries.error();
    if (options.since || options.lines > 0) {
      for (const HistoryEntry& entry : *entries) print(options, entry);
    }
    if (!entries->empty()) last = std::to_string(entries->back().id);
    if (last.empty()) last = "0";  // nothing of that kind has happened yet
    if (!options.since || entries->size() < kAtOnce) break;
  }
  return {boost::system::in_place_value, std::move(last)};
}

/// What comes after `last`, until it is ended by a signal, or the reader is gone.
int follow_on(const EventsOptions& options, std::string last) {
  bool present = true;
  for (;;) {
    EventStreamReader reader;
    const auto followed = follow(endpoint_of(options.socket, options.url),
                                 "/v1/events/stream" + query_of(options, "after=" + last),
                                 [&](std::string_view piece) {
                                   if (!std::exchange(present, true))
                                     complain("the agent is there again");
                                   for (const std::string& data : reader.take(piece)) {
                                     const auto entry = wire::decode_entry(data);
                                     if (!entry) continue;
                                     print(options, *entry);
                                     last = std::to_string(entry->id);
                                   }
                                   std::fflush(stdout);
                                   return std::ferror(stdout) == 0;
                                 });
    if (std::ferror(stdout) != 0) return kFailure;
    if (std::exchange(present, false)) {
      complain("the agent has gone, waiting for it" +
               (followed ? "" : ": " + followed.error().what));
    }
    std::this_thread::sleep_for(kRetryPause);
  }
}

int show(const EventsOptions& options) {
  auto last = print_past(options);
  if (!last) {
    complain(last.error().what);
    return kFailure;
  }
  std::fflush(stdout);
  return options.follow ? follow_on(options, std::move(*last)) : kOk;
}

}  // namespace

Command add_events(CLI::App& app) {
  const auto options = std::make_shared<EventsOptions>();
  CLI::App* command =
      app.add_subcommand("events", "Show what has changed, why, and who asked for it");
  auto* socket = command->add_option("--socket", options->socket,
                                     "The agent's control socket (api.control_socket)");
  auto* url = command->add_option("--url", options->url, "The agent's endpoint (api.listen)");
  socket->capture_default_str()->type_name("PATH")->excludes(url);
  url->type_name("URL");
  command->add_flag("-f,--follow", options->follow, "And what changes from now on, until Ctrl-C");
  auto* since = command->add_option_function<std::string>(
      "--since", [options](const std::string& text) { options->since = read_since(text); },
      "All that came after: a time ago (\"10m\"), or a time (\"2026-01-31T12:00:00Z\")");
  since->type_name("TIME")->check([](const std::string& text) -> std::string {
    return read_since(text) ? "" : "expected 10m, 2h or 2026-01-31T12:00:00Z, got \"" + text + "\"";
  });
  command->add_option("-n,--lines", options->lines, "Without --since: so many of the last")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{0}, kAtOnce))
      ->type_name("N")
      ->excludes(since);
  command->add_option("--service", options->service, "Of this service, its checks and its VIPs")
      ->type_name("SERVICE")
      ->check([](const std::string& text) -> std::string {
        return is_name(text) ? "" : "expected " + std::string(kNameRule);
      });
  command->add_option("--vip", options->vip, "Of this VIP")
      ->type_name("ADDRESS")
      ->check([](const std::string& text) -> std::string {
        return IpAddress::parse(text) ? "" : "expected an IPv4 or IPv6 address";
      });
  command->add_flag("--json", options->json, "One JSON object a line");
  command->footer(
      "The agent keeps the last 10,000 about VIPs and 10,000 others, also over a restart.\n"
      "With --follow it waits for an agent that is restarted, and misses nothing.\n"
      "Exits 0, or 1 if no agent answers.");
  return {command, [options] { return show(*options); }};
}

}  // namespace vipherd::cli
