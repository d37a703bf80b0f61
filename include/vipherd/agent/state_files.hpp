// The two small files that one agent leaves to the next: what operators have asked for
// (node.state_file), and the mark that the predecessor handed over. Replaced as a whole and synced
// (files/files.hpp), so a caller that must not wait for a disk writes them on another thread.
#pragma once

#include <string>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/operator_state.hpp"

namespace vipherd::agent {

/// Nothing was asked for if the file is missing or its path is empty.
Result<model::OperatorState> read_operators(const std::string& path);
Result<void> write_operators(const std::string& path, const model::OperatorState& operators);

/// Beside the control socket, where every reboot clears it; empty: nowhere.
std::string hand_over_mark(const model::ApiConfig& config);
Result<void> leave_mark(const std::string& path);
/// Whether a predecessor handed over within model::kHandOverValid.
bool is_marked(const std::string& path);
void remove_mark(const std::string& path);

}  // namespace vipherd::agent
