#include "vipherd/base/duration.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace vipherd {
namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};
constexpr double kDay = 24 * 3600e9;
constexpr std::array<Unit, 7> kUnits{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", kDay}}};
constexpr double kLongest = 366.0 * kDay;

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  const std::string expected = "expected a duration such as \"300ms\", \"1.5s\" or \"2m\", got \"" +
                               std::string(text) + "\"";
  if (error != std::errc{} || !(number >= 0)) return fail(expected);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& candidate : kUnits) {
    if (candidate.name != unit) continue;
    const double nanoseconds = number * candidate.nanoseconds;
    if (nanoseconds > kLongest) return fail(expected + " (more than a year)");
    return Duration(std::llround(nanoseconds));
  }
  return fail(expected);
}

std::string format_duration(Duration duration) {
  const double nanoseconds = static_cast<double>(duration.count());
  const double size = std::abs(nanoseconds);
  Unit unit = kUnits[0];
  if (size >= 1e3) unit = kUnits[1];
  if (size >= 1e6) unit = kUnits[2];
  if (size >= 1e9) unit = kUnits[3];
  if (size >= 60e9 && duration.count() % 60'000'000'000 == 0) unit = kUnits[4];
  if (size >= 3600e9 && duration.count() % 3'600'000'000'000 == 0) unit = kUnits[5];
  if (size >= 2 * kDay && duration.count() % 86'400'000'000'000 == 0) unit = kUnits[6];
  if (size == 0) unit = kUnits[3];
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.3f", nanoseconds / unit.nanoseconds);
  std::string text(buffer.data());
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text.append(unit.name);
}

WallTime wall_time_of(std::int64_t seconds) {
  using std::chrono::sys_days;
  using namespace std::chrono_literals;
  constexpr std::chrono::sys_seconds kEarliest = sys_days{1950y / 1 / 1};
  constexpr std::chrono::sys_seconds kLatest = sys_days{2200y / 1 / 1};
  return std::clamp(std::chrono::sys_seconds(std::chrono::seconds(seconds)), kEarliest, kLatest);
}

std::string format_wall_time(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> buffer{};
  const std::size_t length = std::strftime(buffer.data(), buffer.size(), "%FT%T", &parts);
  std::snprintf(buffer.data() + length, buffer.size() - length, ".%03dZ",
                static_cast<int>((time - whole) / std::chrono::milliseconds(1)));
  return buffer.data();
}

std::optional<WallTime> parse_wall_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  const auto fits = [](char form, char letter) {
    return form == '0' ? letter >= '0' && letter <= '9' : letter == form;
  };
  if (!std::ranges::equal(kForm, text, fits)) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (const char digit : text.substr(at, digits)) value = value * 10 + (digit - '0');
    return value;
  };
  const auto part = [&](std::size_t at) { return static_cast<unsigned>(number(at, 2)); };
  const std::chrono::year_month_day day(std::chrono::year(number(0, 4)),
                                        std::chrono::month(part(5)), std::chrono::day(part(8)));
  if (!day.ok() || part(11) > 23 || part(14) > 59 || part(17) > 59) return std::nullopt;
  const std::chrono::sys_seconds at = std::chrono::sys_days(day) + std::chrono::hours(part(11)) +
                                      std::chrono::minutes(part(14)) +
                                      std::chrono::seconds(part(17));
  return wall_time_of(at.time_since_epoch().count()) + std::chrono::milliseconds(number(20, 3));
}

}  // namespace vipherd
