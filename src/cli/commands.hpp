// The subcommands. Each adds itself with its options to the command line and returns what to
// run if it was chosen. They print, the rooms below do not.
#pragma once

#include <functional>
#include <vector>

namespace CLI {
class App;
}

namespace vipherd::cli {

/// Exit codes, kept stable for scripts and service managers.
inline constexpr int kOk = 0;
inline constexpr int kFailure = 1;
inline constexpr int kBadUsage = 2;  ///< or bad configuration
/// In force, but not written down: it would not outlive the agent.
inline constexpr int kNotPersisted = 3;
/// doctor: no problem was found, but not everything could be looked at.
inline constexpr int kNotAllSeen = 3;

inline constexpr const char* kDefaultConfig = "/etc/vipherd/vipherd.toml";

struct Command {
  CLI::App* app;
  std::function<int()> run;
};

Command add_run(CLI::App& app);
Command add_check_config(CLI::App& app);
Command add_cleanup(CLI::App& app);
Command add_status(CLI::App& app);
Command add_probe(CLI::App& app);
std::vector<Command> add_service_commands(CLI::App& app);  // disable, enable, ...
Command add_events(CLI::App& app);
Command add_reload(CLI::App& app);
Command add_drain(CLI::App& app);
Command add_resume(CLI::App& app);
Command add_weight(CLI::App& app);
Command add_explain(CLI::App& app);
Command add_hand_over(CLI::App& app);
Command add_doctor(CLI::App& app);
Command add_render(CLI::App& app);
Command add_spread(CLI::App& app);
Command add_config(CLI::App& app);
Command add_init(CLI::App& app);
Command add_integrate(CLI::App& app);
Command add_import(CLI::App& app);

int main(int argc, char** argv);

}  // namespace vipherd::cli
