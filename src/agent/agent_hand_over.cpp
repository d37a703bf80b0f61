// The agent hands over to its successor: everything stays announced and attached, and a mark in the
// runtime directory says that it was on purpose.
#include <boost/asio/post.hpp>
#include <utility>

#include "agent/agent.hpp"
#include "agent/log.hpp"
#include "vipherd/agent/state_files.hpp"
#include "vipherd/wire/json/control.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::agent {
namespace {

using namespace model;

/// For a file of a few bytes, usually in memory.
constexpr auto kMarkLimit = std::chrono::seconds(2);

}  // namespace

/// Asked once: should this agent crash, nothing was handed over.
bool Agent::was_handed_over() const {
  const std::string mark = hand_over_mark(first_config_->api);
  const bool marked = is_marked(mark);
  remove_mark(mark);
  return marked;
}

/// The mark is there before anything is given up: what cleans up after us finds it.
void Agent::leave_hand_over_mark(std::function<void(Result<void>)> leaving) {
  const std::string path = hand_over_mark(first_config_->api);
  const auto left = std::make_shared<Result<void>>();
  const auto tell = std::make_shared<std::function<void(Result<void>)>>(std::move(leaving));
  const auto told = [tell](const Result<void>& result) {
    const auto once = std::exchange(*tell, nullptr);
    if (once) once(result);
    return once != nullptr;
  };
  const bool begun = marker_.run([path, left] { *left = leave_mark(path); },
                                 [this, path, left, told] {
                                   mark_limit_.cancel();
                                   // A mark that came too late must not be counted on.
                                   const bool late = core_.is_stopping() || !told(*left);
                                   if (late) remove_mark(path);
                                 });
  if (!begun) return static_cast<void>(told(fail("there can be no thread to write the mark")));
  mark_limit_.expires_after(kMarkLimit);
  mark_limit_.async_wait([told, path](const boost::system::error_code& error) {
    if (!error) told(fail("cannot write " + path + ": the disk does not answer"));
  });
}

/// A signal asks for the end in any case.
void Agent::hand_over_by_signal() {
  leave_hand_over_mark([this](const Result<void>& marked) {
    if (!marked) {
      tell(LogLevel::warning,
           "the next agent cannot know of the hand-over, so everything is "
           "withdrawn: " +
               marked.error().what);
    }
    post(event::ShutdownRequested{"SIGUSR2", marked.has_value()});
  });
}

void Agent::hand_over_by_request(const std::string& by, const api::Reply& reply) {
  leave_hand_over_mark([this, by, reply](const Result<void>& marked) {
    if (!marked) {
      const std::string why = "nothing is handed over, the next agent could not know of it: ";
      return reply({500, "application/json", wire::encode_error(why + marked.error().what)});
    }
    reply({200, "application/json", wire::encode_reached({"hand-over"})});
    post(event::ShutdownRequested{"asked to over the control socket" + in_brackets({.by = by}),
                                  true, by});
  });
}

}  // namespace vipherd::agent
