#include "vipherd/probe/prober.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "probe/kind.hpp"

namespace vipherd::probe {
namespace {

using namespace model;
namespace asio = boost::asio;

/// Probes that begin in one turn of the loop.
constexpr std::size_t kStartedTogether = 64;

/// "300 ms": durations in sentences have a space.
std::string in_words(Duration duration) {
  std::string text = format_duration(duration);
  text.insert(text.find_first_not_of("0123456789."), 1, ' ');
  return text;
}

}  // namespace

/// Handlers may outlive the Prober; they hold it weakly. A run is known by its serial number,
/// so that what a finished or cancelled run still has queued finds nothing.
class Prober::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, model::EventSink sink) : io_(io), sink_(std::move(sink)) {
    for (const Kind& kind : kinds()) kinds_.push_back(&kind);
  }

  void add_kind(const Kind& kind) { kinds_.push_back(&kind); }

  void set_vips(VipOwners vips) { vips_ = std::make_shared<const VipOwners>(std::move(vips)); }

  void start(const CheckId& check, std::uint64_t generation,
             std::shared_ptr<const CheckConfig> config) {
    const std::uint64_t serial = ++last_serial_;
    const auto [current, added] = current_.try_emplace(check, serial);
    if (!added) runs_.erase(std::exchange(current->second, serial));
    Run& run = runs_.try_emplace(serial, io_, current).first->second;
    run.generation = generation;
    run.config = std::move(config);
    run.started = std::chrono::steady_clock::now();
    if (started_together_ < kStartedTogether) {
      if (++started_together_ == 1) start_more_later();
      return begin(serial);
    }
    waiting_.push_back(serial);
  }

  void cancel(const CheckId& check) {
    const auto found = current_.find(check);
    if (found == current_.end()) return;
    runs_.erase(found->second);
    current_.erase(found);
  }

 private:
  using Current = std::map<CheckId, std::uint64_t>;
  struct Run {
    Run(asio::io_context& io, Current::iterator position) : current(position), deadline(io) {}
    Current::iterator current;  ///< names the check
    std::uint64_t generation = 0;
    std::shared_ptr<const CheckConfig> config;
    TimePoint started;
    asio::steady_timer deadline;
    /// One, or one for each aim of the check; null when it has finished. Destroyed before the
    /// config.
    std::vector<std::unique_ptr<Probe>> parts;
    std::size_t open = 0;  ///< parts that have not finished
    std::string warning;   ///< of the first part that passed with one
  };

  /// A caller that starts thousands at once would find the first ones late before the last has
  /// begun.
  void start_more_later() {
    asio::post(io_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->start_more();
    });
  }

  void start_more() {
    started_together_ = 0;
    while (!waiting_.empty() && started_together_ < kStartedTogether) {
      const std::uint64_t serial = waiting_.front();
      waiting_.pop_front();
      const auto run = runs_.find(serial);
      if (run == runs_.end()) continue;  // cancelled
      ++started_together_;
      run->second.started = std::chrono::steady_clock::now();
      begin(serial);
    }
    if (started_together_ > 0) start_more_later();
  }

  void begin(std::uint64_t serial) {
    Run& run = runs_.at(serial);
    run.deadline.expires_at(run.started + run.config->timeout);
    run.deadline.async_wait(
        [weak = weak_from_this(), serial](const boost::system::error_code& error) {
          const auto self = weak.lock();
          if (!error && self) self->on_deadline(serial);
        });
    Runner* runner = runner_of(run.config->type);
    if (runner == nullptr) {
      finish_later(serial, could_not_run("there is no type " + run.config->type));
      return;
    }
    const std::vector<CheckSettings>& vip_targets = run.config->vip_targets;
    run.open = std::max<std::size_t>(vip_targets.size(), 1);
    run.parts.resize(run.open);
    starting_ = serial;
    const Asker asker{run.current->first.service, run.config->vrf, vips_};
    for (std::size_t part = 0; part < run.parts.size(); ++part) {
      run.parts[part] = runner->start(
          (vip_targets.empty() ? run.config->settings : vip_targets[part]).prepared, asker,
          [weak = weak_from_this(), serial, part](Outcome outcome) {
            const auto self = weak.lock();
            if (!self) return;
            if (self->starting_ == serial) {
              asio::post(self->io_, [weak, serial, part, outcome = std::move(outcome)] {
                if (const auto later = weak.lock()) later->finish_part(serial, part, outcome);
              });
            } else {
              self->finish_part(serial, part, std::move(outcome));
            }
          });
    }
    starting_ = 0;
  }

  /// Runners are made when their kind is first used.
  Runner* runner_of(const std::string& type) {
    const auto found = runners_.find(type);
    if (found != runners_.end()) return found->second.get();
    const auto kind =
        std::ranges::find_if(kinds_, [&](const Kind* each) { return each->schema.type == type; });
    if (kind == kinds_.end()) return nullptr;
    return runners_.emplace(type, (*kind)->make(io_)).first->second.get();
  }

  void on_deadline(std::uint64_t serial) {
    const auto run = runs_.find(serial);
    if (run == runs_.end()) return;
    const auto& parts = run->second.parts;
    const auto late = std::ranges::find_if(parts, [](const auto& part) { return part != nullptr; });
    Outcome outcome;
    outcome.reason = "no " + (late != parts.end() ? (*late)->awaited() : "result") + " within " +
                     in_words(run->second.config->timeout);
    if (late != parts.end()) outcome.failure = (*late)->silence();
    finish(serial, std::move(outcome));
  }

  void finish_later(std::uint64_t serial, Outcome outcome) {
    asio::post(io_, [weak = weak_from_this(), serial, outcome = std::move(outcome)] {
      if (const auto self = weak.lock()) self->finish(serial, outcome);
    });
  }

  /// The first part that fails decides, and so does the last one that passes.
  void finish_part(std::uint64_t serial, std::size_t part, Outcome outcome) {
    const auto run = runs_.find(serial);
    if (run == runs_.end()) return;
    if (outcome.pass && run->second.warning.empty()) run->second.warning = outcome.warning;
    if (outcome.pass && --run->second.open > 0) {
      run->second.parts[part].reset();
      return;
    }
    if (outcome.pass && run->second.parts.size() > 1) {
      outcome.reason += " (the last of " + std::to_string(run->second.parts.size()) + " VIPs)";
    }
    if (outcome.pass) outcome.warning = run->second.warning;
    finish(serial, std::move(outcome));
  }

  void finish(std::uint64_t serial, Outcome outcome) {
    const auto run = runs_.find(serial);
    if (run == runs_.end()) return;
    const Duration latency = std::chrono::steady_clock::now() - run->second.started;
    const Current::iterator current = run->second.current;
    event::ProbeFinished finished{current->first,
                                  run->second.generation,
                                  {outcome.pass, std::move(outcome.reason), latency,
                                   outcome.failure, std::move(outcome.warning)}};
    runs_.erase(run);
    current_.erase(current);
    sink_(std::move(finished));
  }

  asio::io_context& io_;
  model::EventSink sink_;
  std::shared_ptr<const VipOwners> vips_;
  std::vector<const Kind*> kinds_;
  std::map<std::string, std::unique_ptr<Runner>, std::less<>> runners_;
  Current current_;                              ///< the run of each check that has one
  std::unordered_map<std::uint64_t, Run> runs_;  ///< destroyed before the runners
  std::deque<std::uint64_t> waiting_;            ///< runs to be begun in the next turns of the loop
  std::size_t started_together_ = 0;             ///< in this turn
  std::uint64_t last_serial_ = 0;
  std::uint64_t starting_ = 0;  ///< the run whose Runner::start is on the stack
};

// The Impl is shared for the sake of weak pointers alone; only this object keeps it.
Prober::Prober(asio::io_context& io, model::EventSink sink)
    : impl_(std::make_shared<Impl>(io, std::move(sink))) {}

Prober::~Prober() = default;

void Prober::add_kind(const Kind& kind) { impl_->add_kind(kind); }

void Prober::set_vips(VipOwners vips) { impl_->set_vips(std::move(vips)); }

void Prober::start(const CheckId& check, std::uint64_t generation,
                   std::shared_ptr<const CheckConfig> config) {
  impl_->start(check, generation, std::move(config));
}

void Prober::cancel(const CheckId& check) { impl_->cancel(check); }

}  // namespace vipherd::probe
