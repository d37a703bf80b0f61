#include "vipherd/wire/json/status.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "wire/json/instruction.hpp"
#include "wire/json/status_fields.hpp"
#include "wire/json/writer.hpp"

namespace vipherd::wire {
namespace {

using nlohmann::json;

// ---------------------------------------------------------------- values -> text

class FieldWriter {
 public:
  explicit FieldWriter(JsonWriter& out) : out_(out) {}

  template <class T>
  void operator()(std::string_view key, const T& value) {
    out_.key(key);
    write(value);
  }
  template <class T>
  void unless_empty(std::string_view key, const std::vector<T>& list) {
    if (!list.empty()) (*this)(key, list);
  }
  template <class T>
  void write_object(const T& value) {
    out_.open('{');
    fields(*this, value);
    out_.close('}');
  }

 private:
  void write(const std::string& value) { out_.text(value); }
  void write(bool value) { out_.boolean(value); }
  void write(std::uint32_t value) { out_.number(value); }
  void write(std::uint64_t value) { out_.number(value); }
  void write(WallTime value) { out_.time(value); }
  void write(Duration value) { out_.milliseconds(value); }
  template <model::Worded E>
  void write(const E& value) {
    out_.text(to_string(value));
  }
  void write(model::Severity value) { out_.text(model::to_string(value)); }
  void write(const model::InstructionStatus& value) { out_.json_value(encode_instruction(value)); }
  void write(const model::ReachStatus& value) { write_object(fields_of(value)); }
  template <class T>
  void write(const std::optional<T>& value) {
    if (value) {
      write(*value);
    } else {
      out_.null();
    }
  }
  template <class T>
  void write(const std::vector<T>& list) {
    out_.open('[');
    for (const T& value : list) write(value);
    out_.close(']');
  }
  template <class T>
  void write(const T& object) {
    write_object(object);
  }

  JsonWriter& out_;
};

// ---------------------------------------------------------------- text -> values

/// The member, or a shared null: a missing key is nothing to fail for. Throws if `value` is no
/// object.
const json& member(const json& value, const char* key) {
  static const json kNull;
  const auto& object = value.get_ref<const json::object_t&>();
  const auto found = object.find(key);
  return found == object.end() ? kNull : found->second;
}

/// Sets the fields that are there. Throws if one is of another type.
class FieldReader {
 public:
  explicit FieldReader(const json& object) : object_(object) {}

  template <class T>
  void operator()(const char* key, T& target) const {
    const json& value = member(object_, key);
    if (!value.is_null()) read(value, target);
  }
  template <class T>
  void unless_empty(const char* key, std::vector<T>& list) const {
    (*this)(key, list);
  }

 private:
  static void read(const json& value, std::string& target) { target = value.get<std::string>(); }
  static void read(const json& value, bool& target) { target = value.get<bool>(); }
  /// The library would convert any number, whether it fits or not.
  template <std::unsigned_integral T>
  static void read(const json& value, T& target) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::numeric_limits<T>::max()) {
      throw std::out_of_range(value.dump() + " is no count that fits");
    }
    target = value.get<T>();
  }
  /// The epoch if it is anything else than the writer spells.
  static void read(const json& value, WallTime& target) {
    target = parse_wall_time(value.get<std::string>()).value_or(WallTime{});
  }
  static void read(const json& value, Duration& target) {
    constexpr double kMost = 1e12;  // what is far beyond any duration of ours still fits
    const std::chrono::duration<double, std::milli> milliseconds(
        std::clamp(value.get<double>(), 0.0, kMost));
    target = std::chrono::round<std::chrono::microseconds>(milliseconds);
  }
  template <model::Worded E>
  static void read(const json& value, E& target) {
    target = model::from_word<E>(value.get<std::string>()).value_or(target);
  }
  /// What is not known to be harmless is a problem.
  static void read(const json& value, model::Severity& target) {
    const bool notice = value.get<std::string>() == to_string(model::Severity::notice);
    target = notice ? model::Severity::notice : model::Severity::problem;
  }
  static void read(const json& value, std::vector<model::InstructionStatus>& target) {
    target = decode_instructions(value);
  }
  template <class T>
  static void read(const json& value, std::optional<T>& target) {
    T present{};
    read(value, present);
    target = std::move(present);
  }
  static void read(const json& value, std::vector<model::ReachStatus>& target) {
    std::vector<DaemonFields> daemons;
    read_list(value, daemons);
    for (DaemonFields& daemon : daemons) target.push_back(reach_of(std::move(daemon)));
  }
  template <class T>
  static void read(const json& value, std::vector<T>& target) {
    read_list(value, target);
  }
  template <class T>
  static void read_list(const json& value, std::vector<T>& target) {
    for (const json& element : value.get_ref<const json::array_t&>()) {
      read(element, target.emplace_back());
    }
  }
  template <class T>
  static void read(const json& value, T& target) {
    const FieldReader reader(value);
    fields(reader, target);
  }

  const json& object_;
};

/// What every vipherd writes; without it it is another program's document.
void expect_status(const json& object) {
  for (const char* key : {"node", "agent", "services", "vips"}) {
    if (member(object, key).is_null()) {
      throw std::invalid_argument("it has no \"" + std::string(key) + "\"");
    }
  }
}

}  // namespace

std::string encode_status(const model::Status& status) {
  constexpr std::size_t kUsualVip = 320;
  JsonWriter out;
  out.reserve(4096 + status.vips.size() * kUsualVip);
  FieldWriter(out).write_object(status);
  return out.take() + "\n";
}

std::string encode_health(std::string_view node, const model::ServiceScope& scope,
                          const model::Health& health) {
  JsonWriter out;
  out.open('{').key("healthy").boolean(health.state != model::HealthState::unhealthy);
  out.key("state").text(model::to_string(health.state)).key("node").text(node);
  if (const auto* service = std::get_if<model::scope::Service>(&scope)) {
    out.key("service").text(service->name);
  }
  for (const auto& [key, severity] : {std::pair{"problems", model::Severity::problem},
                                      std::pair{"notices", model::Severity::notice}}) {
    out.key(key).open('[');
    for (const model::Problem& problem : health.problems) {
      if (problem.severity == severity) out.text(problem.text);
    }
    out.close(']');
  }
  out.close('}');
  return out.take() + "\n";
}

std::string encode_error(std::string_view message) {
  JsonWriter out;
  out.open('{').key("error").text(message).close('}');
  return out.take() + "\n";
}

Result<model::Status> decode_status(std::string_view text) {
  try {
    const json object = json::parse(text);
    expect_status(object);
    model::Status status;
    const FieldReader reader(object);
    fields(reader, status);
    return status;
  } catch (const std::exception& error) {
    return fail(std::string("not a status of vipherd: ") + error.what());
  }
}

}  // namespace vipherd::wire
