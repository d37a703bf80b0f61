// What the agent logs: [log].
#include "config/tables/sections.hpp"

namespace vipherd::config {

const Rows<model::LogConfig>& log_rows() {
  using model::LogLevel;
  static const Rows<model::LogConfig> rows{
      {"level", &model::LogConfig::level,
       word<LogLevel>({{"debug", LogLevel::debug},
                       {"info", LogLevel::info},
                       {"warning", LogLevel::warning},
                       {"error", LogLevel::error}}),
       "the least important lines to be logged. `vipherd run --log-level` wins over it"},
  };
  return rows;
}

model::LogConfig read_log(const Table& table) {
  model::LogConfig log;
  read_table(table, log_rows(), log);
  return log;
}

}  // namespace vipherd::config
