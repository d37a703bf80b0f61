// JSON written straight into a text: a tree of 10,000 VIPs would cost more than all the rest.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "vipherd/base/duration.hpp"

namespace vipherd::wire {

inline bool is_plain(char letter) {
  return letter >= 0x20 && letter < 0x7f && letter != '"' && letter != '\\';
}

class JsonWriter {
 public:
  JsonWriter& open(char bracket) { return separate().raw(bracket).first(); }
  JsonWriter& close(char bracket) {
    raw(bracket);
    fresh_ = false;
    return *this;
  }
  JsonWriter& key(std::string_view name) {
    separate();
    text_ += '"';
    text_ += name;
    text_ += "\":";
    return first();
  }
  JsonWriter& text(std::string_view value) {
    separate();
    if (std::all_of(value.begin(), value.end(), is_plain)) {
      text_ += '"';
      text_ += value;
      text_ += '"';
    } else {
      text_ += nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    }
    return *this;
  }
  JsonWriter& boolean(bool value) { return literal(value ? "true" : "false"); }
  JsonWriter& number(std::uint64_t value) { return literal(std::to_string(value)); }
  JsonWriter& null() { return literal("null"); }
  /// Of what there are few.
  JsonWriter& json_value(const nlohmann::json& value) {
    return literal(value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
  }
  JsonWriter& time(WallTime value) {
    const auto second = std::chrono::floor<std::chrono::seconds>(value);
    // Thousands of VIPs change within the same second: only its milliseconds are new.
    if (second != last_second_ || last_time_.empty()) {
      last_second_ = second;
      last_time_ = format_wall_time(second);
    }
    auto thousandths = (value - second) / std::chrono::milliseconds(1);
    for (std::size_t back = 2; back <= 4; ++back, thousandths /= 10) {
      last_time_[last_time_.size() - back] = static_cast<char>('0' + thousandths % 10);
    }
    return text(last_time_);
  }
  /// Milliseconds with at most three digits after the point.
  JsonWriter& milliseconds(Duration value) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
    return literal(nlohmann::json(static_cast<double>(microseconds) / 1000.0).dump());
  }
  std::string take() { return std::move(text_); }
  void reserve(std::size_t size) { text_.reserve(size); }

 private:
  JsonWriter& raw(char letter) {
    text_ += letter;
    return *this;
  }
  JsonWriter& first() {
    fresh_ = true;
    return *this;
  }
  JsonWriter& separate() {
    if (!fresh_) text_ += ',';
    fresh_ = false;
    return *this;
  }
  JsonWriter& literal(std::string_view value) {
    separate();
    text_ += value;
    return *this;
  }

  std::string text_;
  bool fresh_ = true;  // nothing stands before that needs a comma
  std::chrono::sys_seconds last_second_{};
  std::string last_time_;  // "....250Z"
};

}  // namespace vipherd::wire
