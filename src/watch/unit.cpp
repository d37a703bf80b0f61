#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "vipherd/probe/bus.hpp"
#include "vipherd/probe/unit_state.hpp"
#include "watch/process.hpp"
#include "watch/watch.hpp"

namespace vipherd::watch {
namespace {

namespace asio = boost::asio;
using model::WatchStep;

constexpr const char* kProperties = "org.freedesktop.DBus.Properties";
/// A systemd that is busy with a reload takes seconds to answer.
constexpr auto kAnswerWithin = std::chrono::seconds(10);

/// Hears of changes from systemd, and of the main process's end from the kernel, which is sooner:
/// systemd tells of it when it has dealt with it.
class UnitWatch : public Watch {
 public:
  UnitWatch(asio::io_context& io, std::string unit, Report report)
      : io_(io), unit_(std::move(unit)), report_(std::move(report)), patience_(io) {
    auto bus = probe::Bus::connected(io);
    if (!bus) {
      end(bus.error().what);
      return;
    }
    bus_ = std::move(*bus);
    const auto asked = ask();
    if (!asked) {
      end(asked.error().what);
      return;
    }
    expect_answer();
  }

 private:
  /// First for the unit's object: signals come from the one, whatever aliases the unit has.
  Result<void> ask() {
    slots_.push_back(bus_->on_lost([this] { end("the connection to systemd was lost"); }));
    return keep(probe::ask_unit_state(
        *bus_, unit_, kAnswerWithin,
        [this](const Result<probe::UnitState>& answer) { on_object(answer); }));
  }

  void on_object(const Result<probe::UnitState>& answer) {
    const Result<void> asked = answer ? ask_more(answer->path) : answer.error();
    if (!asked) end(asked.error().what);
  }

  /// What changes while the answers are under way is heard, too: the signals come first.
  Result<void> ask_more(const std::string& path) {
    auto asked = keep(bus_->on_signal(path.c_str(), kProperties, "PropertiesChanged",
                                      [this](sd_bus_message& signal) { on_change(signal); }));
    if (asked && path.ends_with("_2eservice")) {
      asked = keep(
          probe::ask_main_process(*bus_, path, kAnswerWithin,
                                  [this](const Result<pid_t>& main) { on_main_process(main); }));
    }
    if (!asked) return asked;
    return keep(probe::ask_unit_state(
        *bus_, unit_, kAnswerWithin,
        [this](const Result<probe::UnitState>& answer) { on_state(answer); }));
  }

  Result<void> keep(Result<probe::BusSlot> slot) {
    if (!slot) return slot.error();
    slots_.push_back(std::move(*slot));
    return {};
  }

  /// D-Bus has a limit for an answer, but none for its own connection to come about.
  void expect_answer() {
    patience_.expires_after(kAnswerWithin);
    patience_.async_wait(
        [weak = std::weak_ptr(alive_), this](const boost::system::error_code& error) {
          if (!error && !weak.expired()) end("systemd does not answer over D-Bus");
        });
  }

  void on_state(const Result<probe::UnitState>& answer) {
    patience_.cancel();
    if (!answer) {
      end(answer.error().what);
      return;
    }
    active_ = answer->active;
    sub_ = answer->sub;
    if (is_there()) return;
    // It may appear later: systemd says so when it does.
    tell(answer->load == "not-found" ? "systemd does not know " + unit_
                                     : probe::in_words(unit_, *answer),
         false);
  }

  void on_main_process(const Result<pid_t>& main) {
    if (!main) {
      end(main.error().what);
      return;
    }
    follow(*main);
  }

  void on_change(sd_bus_message& signal) {
    const auto change = probe::read_change(signal);
    if (!change) {
      end(change.error().what);
      return;
    }
    const bool active = set(active_, change->active);
    const bool sub = set(sub_, change->sub);
    const bool main = change->main_process && follow(*change->main_process);
    if (active || sub) {
      tell(probe::in_words(unit_, {"", active_.value_or("unknown"), sub_.value_or(""), ""}));
    } else if (main) {
      tell(unit_ + (main_process_ > 0 ? " has another main process" : " has no main process"));
    }
  }

  /// Whether that is news; the very first word is none.
  static bool set(std::optional<std::string>& known, const std::optional<std::string>& told) {
    if (!told) return false;
    const bool news = known && *known != *told;
    known = *told;
    return news;
  }

  /// Whether that is another one than before.
  bool follow(pid_t main) {
    if (std::exchange(main_process_, main) == main) return false;
    process_.reset();
    if (main <= 0) return true;
    process_ = std::make_unique<ProcessWatch>(io_);
    const int error = process_->start(main, [this] { on_main_end(); });
    // Gone already: systemd is about to tell. What else hinders leaves us with systemd alone.
    if (error != 0) process_.reset();
    return true;
  }

  void on_main_end() {
    process_.reset();
    tell("the main process of " + unit_ + " has ended");
  }

  /// As far as known. A start that is under way is awaited.
  bool is_there() const {
    return !active_ || *active_ == "active" || *active_ == "reloading" ||
           *active_ == "refreshing" || *active_ == "deactivating";
  }

  /// May destroy this.
  void tell(std::string what, bool news = true) {
    const Report report = report_;
    report({std::move(what), is_there() ? WatchStep::watching : WatchStep::awaiting_start, news});
  }

  /// May destroy this.
  void end(std::string what) {
    const Report report = std::exchange(report_, nullptr);
    if (report) report({std::move(what)});
  }

  asio::io_context& io_;
  const std::string unit_;
  Report report_;
  std::shared_ptr<probe::Bus> bus_;
  asio::steady_timer patience_;
  std::optional<std::string> active_;
  std::optional<std::string> sub_;
  std::optional<pid_t> main_process_;
  std::unique_ptr<ProcessWatch> process_;
  std::vector<probe::BusSlot> slots_;  ///< what D-Bus may still call here
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Watch> watch_unit(asio::io_context& io, const std::string& unit, Report report) {
  return std::make_unique<UnitWatch>(io, unit, std::move(report));
}

}  // namespace vipherd::watch
